#!/usr/bin/env bash
# Times `prodready audit` beside `rg --hidden -c zzzqqq` on the same tree of pinned packages, and prints the ratio.
set -euo pipefail
cd "$(dirname "$0")/.."
tree=target/bench-tree
runs=${RUNS:-7}

npm_packages="date-fns@4.1.0 @mui/material@6.1.6 rxjs@7.8.1 lodash@4.17.21 three@0.170.0"
pypi_packages="Django==5.1.3 sympy==1.13.3"
if [ -n "${LARGE:-}" ]; then
  tree=$tree-large
  npm_packages="$npm_packages typescript@5.6.3 @angular/core@18.2.11 webpack@5.96.1 aws-sdk@2.1692.0 zod@3.23.8"
  pypi_packages="$pypi_packages ansible==10.6.0"
fi

build_tree() {
  mkdir -p "$tree" "$tree.download"
  for package in $npm_packages; do
    (cd "$tree.download" && npm pack --silent "$package" >/dev/null)
  done
  for package in $pypi_packages; do
    pip download --quiet --no-deps --only-binary :all: --dest "$tree.download" "$package"
  done
  for archive in "$tree.download"/*.whl; do
    python3 -m zipfile -e "$archive" "$tree/$(basename "$archive" .whl)"
  done
  for archive in "$tree.download"/*.tgz; do
    [ -e "$archive" ] || continue
    folder=$tree/$(basename "$archive" | sed 's/\.tgz$//')
    mkdir -p "$folder" && tar -xzf "$archive" -C "$folder" --strip-components=1
  done
}

[ -d "$tree" ] || build_tree
cargo build --release --quiet
printf 'tree: %s MB in %s files\n' "$(du -sm --apparent-size "$tree" | cut -f1)" "$(find "$tree" -type f | wc -l)"

# The median wall time of a command, in milliseconds.
median() {
  for _ in $(seq "$runs"); do
    local start end
    start=$(date +%s%N)
    "$@" >/dev/null 2>&1 || true
    end=$(date +%s%N)
    echo $(((end - start) / 10000))
  done | sort -n | awk '{ all[NR] = $1 } END { printf "%.1f", all[int((NR + 1) / 2)] / 100 }'
}

rg=$(median rg --hidden --no-ignore-parent -c zzzqqq "$tree")
audit=$(median target/release/prodready audit "$tree")
printf 'rg         %8s ms\nprodready  %8s ms\nratio      %8s\n' "$rg" "$audit" "$(awk "BEGIN { printf \"%.2f\", $audit / $rg }")"

small=$(mktemp -d)
printf '# small\n' >"$small/README.md"
printf 'console.log(1)\n' >"$small/index.js"
printf 'small tree %8s ms (bar: 50)\n' "$(median target/release/prodready audit "$small")"
/usr/bin/time -f 'peak memory %M KiB' target/release/prodready audit "$tree" 2>&1 >/dev/null | tail -1 || true
rm -rf "$small"
