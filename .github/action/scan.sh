#!/usr/bin/env bash
# Scans, annotates, and writes the summary and the SARIF file. Never fails for findings: that is for verdict.sh.
#
# Reads STANCH, SCAN, RANGE and the INPUT_ variables. Writes the outputs `findings`, `exit-code`, `sarif`
# and `report` (the summary in Markdown).
set -euo pipefail

# The summary of a step may have 1 MiB; a little is left for what says that it was cut.
most_bytes=1000000
folder=$(mktemp -d "${RUNNER_TEMP:?}/stanch-report.XXXXXX")
output() { echo "$1=$2" >>"${GITHUB_OUTPUT:?}"; }
output report "$folder/summary.md"
if [ "$SCAN" = nothing ]; then
  echo "There was nothing to scan." >"$folder/summary.md"
  output findings 0; output exit-code 0; output sarif ""
  exit 0
fi

path=${INPUT_PATH:-.}
case $SCAN in
  range) what=(git --range "$RANGE" "$path") ;;
  history) what=(git "$path") ;;
  files) what=(scan "$path") ;;
  *) echo "::error title=stanch::nobody chose what to scan"; exit 2 ;;
esac
reports=(--format junit --output "$folder/junit.xml" --format markdown --output "$folder/summary.md")
sarif=${INPUT_SARIF:-}
# A file in the work tree would be in the way of later steps that look at it.
case $sarif in RUNNER_TEMP/*) sarif=$RUNNER_TEMP/${sarif#RUNNER_TEMP/} ;; esac
if [ -n "$sarif" ]; then
  # What an earlier scan left is not what this one says.
  { mkdir -p -- "$(dirname -- "$sarif")" && rm -f -- "$sarif"; } || true
  reports+=(--format sarif --output "$sarif")
fi
case ${INPUT_ANNOTATIONS:-true} in true) reports+=(--format github) ;; *) reports+=(--format human) ;; esac
read -r -d '' -a more <<<"${INPUT_ARGS:-}" || true

status=0
"$STANCH" "${what[@]}" "${reports[@]}" --no-progress ${more[@]+"${more[@]}"} || status=$?

# The count of failures is the count of findings that matter.
findings=
if [ -s "$folder/junit.xml" ]; then
  findings=$(sed -n 's/.*<testsuites .*failures="\([0-9]*\)".*/\1/p' "$folder/junit.xml")
fi
output findings "$findings"
output exit-code "$status"
if [ -n "$sarif" ] && ! [ -s "$sarif" ]; then
  [ "$status" = 2 ] || echo "::error title=stanch::the SARIF file $sarif was not written"
  sarif=
fi
output sarif "$sarif"

if [ "${INPUT_SUMMARY:-true}" = true ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -s "$folder/summary.md" ]; then
  bytes=$(wc -c <"$folder/summary.md")
  if [ "$bytes" -gt "$most_bytes" ]; then
    # Whole lines only: half a row would spoil the table.
    head -c "$most_bytes" "$folder/summary.md" | sed '$d' >"$folder/cut.md"
    printf '\nThe rest does not fit; all of it is in the SARIF file.\n' >>"$folder/cut.md"
    mv "$folder/cut.md" "$folder/summary.md"
  fi
  { echo "## stanch"; echo; cat "$folder/summary.md"; } >>"$GITHUB_STEP_SUMMARY"
fi
