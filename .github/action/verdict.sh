#!/usr/bin/env bash
# Ends as the scan did, after all else was written. Reads EXIT_CODE and INPUT_FAIL.
set -euo pipefail
case ${EXIT_CODE:-} in
  0) ;;
  '') echo "::error title=stanch::the scan did not end"; exit 3 ;;
  2)
    echo "::error title=stanch::wrong arguments, configuration or rule files: the log of the scan says which"
    exit 2
    ;;
  3) echo "::error title=stanch::the scan is incomplete: what it did not cover is told above" ;;
  *) echo "stanch: there are findings; see the annotations and the summary" ;;
esac
[ "${INPUT_FAIL:-true}" = true ] || exit 0
exit "${EXIT_CODE}"
