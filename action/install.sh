#!/usr/bin/env bash
# Finds or makes the program that the other steps run, and says where it is in the output `program`.
set -euo pipefail

version=${INPUT_VERSION:-source}
fail() { printf '::error title=prodready::%s\n' "$1"; exit 2; }

from_release() {
  local name target base folder
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) target=x86_64-unknown-linux-gnu ;;
    Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-gnu ;;
    Darwin-arm64) target=aarch64-apple-darwin ;;
    Darwin-x86_64) target=x86_64-apple-darwin ;;
    *) fail "there is no release for $(uname -s) on $(uname -m): set version to source" ;;
  esac
  name="prodready-$target.tar.gz"
  base=${PRODREADY_RELEASES:-https://github.com/${ACTION_REPOSITORY:?}/releases/download}/v$version
  folder=$RUNNER_TEMP/prodready-$version
  mkdir -p "$folder"
  for file in "$name" "$name.sha256"; do
    curl --fail --silent --show-error --location --retry 3 --output "$folder/$file" "$base/$file" ||
      fail "release $version cannot be had from $base: set version to source, or to a release that exists"
  done
  (cd "$folder" && { sha256sum --check --status "$name.sha256" 2>/dev/null || shasum -a 256 --check --status "$name.sha256"; }) ||
    fail "the checksum of $name is wrong: nothing of it was run"
  tar -xzf "$folder/$name" -C "$folder"
  program=$folder/prodready
}

case $version in
  installed)
    program=$(command -v prodready) || fail "version is installed, but no prodready is on the PATH"
    ;;
  source)
    command -v cargo >/dev/null || fail "version is source, but this runner has no cargo: name a release in version"
    # Away from the audited folder, whose toolchain and cargo configuration are none of our business.
    (cd "$ACTION_FOLDER" && cargo build --release --locked --quiet --target-dir "$RUNNER_TEMP/prodready-build")
    program=$RUNNER_TEMP/prodready-build/release/prodready
    ;;
  [0-9]*.[0-9]*.[0-9]*)
    [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "version is no number of a release"
    from_release
    ;;
  *)
    fail "version must be source, installed, or the number of a release such as 1.2.3"
    ;;
esac

[ -x "$program" ] || fail "$program is no program"
printf 'program=%s\n' "$program" >>"$GITHUB_OUTPUT"
