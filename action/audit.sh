#!/usr/bin/env bash
# Audits, writes all reports, and notes what the later steps need: score, grade, files, whether to upload, exit code.
# It ends with 0 unless it is used wrongly, so that the reports are shown before the gate closes.
set -euo pipefail

out=$RUNNER_TEMP/prodready
mkdir -p "$out"
json=$out/prodready.json sarif=$out/prodready.sarif summary=$out/summary.md
rm -f "$json" "$sarif" "$summary" "$out/text.txt" "$out/annotations.txt"

# A name that another of its kind cannot be: repository text between the two lines is no command to the runner.
quietly() {
  local word
  word=prodready-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$word"
  cat "$1"
  printf '\n::%s::\n' "$word"
}

note() { printf '::notice title=prodready::%s\n' "$1"; }

# Which formats this version knows: it lists them when it is asked for one that it does not know.
known=$("$PRODREADY" audit --format '?' 2>&1 || true)
knows() { [[ $known == *"formats:"*"$1"* ]]; }

arguments=(audit "${INPUT_PATH:-.}" --no-progress --format "text=$out/text.txt" --format "json=$json" --format "sarif=$sarif")
if knows markdown; then arguments+=(--format "markdown=$summary"); fi
if knows github; then arguments+=(--format "github=$out/annotations.txt"); fi
if [ -n "${INPUT_MIN_SCORE:-}" ]; then arguments+=("--min-score=$INPUT_MIN_SCORE"); fi
if [ -n "${INPUT_FAIL_ON:-}" ]; then arguments+=("--fail-on=$INPUT_FAIL_ON"); fi
if [ -n "${INPUT_BASELINE:-}" ]; then arguments+=("--baseline=$INPUT_BASELINE"); fi
if [ -n "${INPUT_SINCE:-}" ]; then arguments+=("--since=$INPUT_SINCE"); fi
while IFS= read -r report; do
  report=${report#"${report%%[![:space:]]*}"}
  report=${report%"${report##*[![:space:]]}"}
  if [ -z "$report" ]; then continue; fi
  if [[ $report != *=* ]]; then
    printf '::error title=prodready::format: %s\n' "a further report needs a file, as in html=prodready.html"
    exit 2
  fi
  arguments+=("--format=$report")
done < <(tr ',' '\n' <<<"${INPUT_FORMAT:-}")

code=0
PRODREADY_FORCE_WIDTH=110 "$PRODREADY" "${arguments[@]}" 2>"$out/messages.txt" || code=$?
if [ -s "$out/text.txt" ]; then quietly "$out/text.txt"; fi
if [ -s "$out/messages.txt" ]; then quietly "$out/messages.txt"; fi
if [ -s "$out/annotations.txt" ]; then cat "$out/annotations.txt"; fi

# The last line of the terminal report says why; a refusal says it on standard error.
reason=
for file in "$out/text.txt" "$out/messages.txt"; do
  if [ -z "$reason" ] && [ -s "$file" ]; then reason=$(tail -n 1 "$file" | tr -d '\r' | cut -c1-300); fi
done

if [ ! -s "$summary" ]; then
  {
    printf '### Production readiness\n\n'
    if [ -s "$out/text.txt" ]; then
      printf '```text\n'
      sed 's/```/` ` `/g' "$out/text.txt" | head -c 50000
      printf '\n```\n'
    else
      printf 'No report: the audit ended with exit code %s.\n' "$code"
    fi
  } >"$summary"
fi
cat "$summary" >>"$GITHUB_STEP_SUMMARY"

score= grade= passed=
if [ -s "$json" ]; then
  score=$(jq -r '.score.value // empty' "$json")
  grade=$(jq -r '.score.grade // empty' "$json")
  passed=$(jq -r '.gate.passed' "$json")
fi

# Forks get a token that may only read; code scanning of private repositories is a paid feature.
upload=false
if [ -s "$sarif" ] && [ "${INPUT_UPLOAD_SARIF:-auto}" != false ]; then
  upload=true
  if [ "${INPUT_UPLOAD_SARIF:-auto}" = auto ]; then
    event=${GITHUB_EVENT_PATH:-/dev/null}
    fork=$(jq -r 'if .pull_request then (.pull_request.head.repo.full_name != .repository.full_name) else false end' "$event" 2>/dev/null || echo false)
    private=$(jq -r '.repository.private // false' "$event" 2>/dev/null || echo false)
    if [ "$fork" = true ]; then
      upload=false
      note "no upload to code scanning: a pull request from a fork may not write there"
    elif [ "$private" = true ]; then
      upload=false
      note "no upload to code scanning: the repository is private; where code scanning is enabled for it, set upload-sarif to true"
    fi
  fi
fi

{
  printf 'score=%s\ngrade=%s\npassed=%s\n' "$score" "$grade" "$passed"
  printf 'sarif-file=%s\njson-file=%s\nsummary-file=%s\n' "$sarif" "$json" "$summary"
  printf 'upload=%s\nexit=%s\nreason=%s\n' "$upload" "$code" "$reason"
} >>"$GITHUB_OUTPUT"
