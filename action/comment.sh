#!/usr/bin/env bash
# Keeps one comment on the pull request up to date. Where that is not allowed, one line says so and nothing fails: the
# same text stands in the summary of the run.
set -euo pipefail

wanted=${INPUT_COMMENT:-auto}
event=${GITHUB_EVENT_PATH:-/dev/null}
note() { printf '::notice title=prodready::%s\n' "$1"; }

if [ "$wanted" = false ] || [ ! -s "${SUMMARY:-}" ]; then exit 0; fi
number=$(jq -r '.pull_request.number // empty' "$event" 2>/dev/null || true)
if ! [[ $number =~ ^[0-9]+$ ]]; then exit 0; fi
if [ "$wanted" = auto ] &&
  [ "$(jq -r '.pull_request.head.repo.full_name != .repository.full_name' "$event")" = true ]; then
  note "no comment: a pull request from a fork may not write one; the summary of the run has the report"
  exit 0
fi

# The marker tells several audited folders of one repository apart.
path=$(printf '%s' "${INPUT_PATH:-.}" | tr -cd 'A-Za-z0-9._/-')
marker="<!-- prodready-action:$path -->"
mkdir -p "$RUNNER_TEMP/prodready"
body=$RUNNER_TEMP/prodready/comment.json
{ printf '%s\n' "$marker"; head -c 60000 "$SUMMARY"; } | jq --raw-input --slurp '{body: .}' >"$body"

mine='.[] | select(.user.type == "Bot" and (.body | startswith($marker))) | .id'
known=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$number/comments?per_page=100" 2>/dev/null |
  jq -r --arg marker "$marker" "$mine" | head -n 1) || known=
if [[ $known =~ ^[0-9]+$ ]]; then
  done=$(gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known" --input "$body" 2>&1) || failed=1
else
  done=$(gh api --method POST "repos/$GITHUB_REPOSITORY/issues/$number/comments" --input "$body" 2>&1) || failed=1
fi
if [ "${failed:-0}" = 1 ]; then
  if [ "$wanted" = true ]; then
    printf '::stop-commands::prodready-comment\n%s\n::prodready-comment::\n' "$(head -c 500 <<<"$done")"
  fi
  note "no comment: the token may not write one (permissions: pull-requests: write); the summary of the run has the report"
fi
