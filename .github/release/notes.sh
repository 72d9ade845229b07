#!/usr/bin/env bash
# notes.sh VERSION: prints what CHANGELOG.md says of a version, and fails when it says nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
awk -v version="${1#v}" '
  /^## / { is_it = index($0, "[" version "]") }
  is_it && !/^## / { print; lines++ }
  END { exit !lines }
' CHANGELOG.md
