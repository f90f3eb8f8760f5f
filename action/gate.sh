#!/usr/bin/env bash
# Ends as the audit ended, after everything was shown: 0 passed, 1 gate, 2 usage, 3 nothing to audit, 4 incomplete.
set -euo pipefail

code=${AUDIT_EXIT:-4}
if [ "$code" != 0 ]; then
  reason=${AUDIT_REASON:-}
  reason=${reason//'%'/'%25'}
  printf '::error title=prodready::%s\n' "${reason:-the audit ended with exit code $code}"
fi
exit "$code"
