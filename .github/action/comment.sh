#!/usr/bin/env bash
# Keeps one comment on the pull request up to date. Never fatal: a fork's token may not write.
#
# Reads EVENT_PULL_REQUEST, REPORT, FINDINGS, EXIT_CODE and GH_TOKEN. Says nothing on a pull request that
# was always clean.
set -uo pipefail

# A comment may have 65,536 characters.
most_bytes=60000
marker='<!-- stanch -->'
give_up() {
  echo "::notice title=stanch::the comment was not written: $1"
  exit 0
}
[ -s "${REPORT:-}" ] || give_up "there is no report"
command -v gh >/dev/null || give_up "gh is not installed"
body=$(mktemp)
{ echo "$marker"; echo; head -c "$most_bytes" "$REPORT"; } >"$body"

comments=repos/${GITHUB_REPOSITORY:?}/issues/$EVENT_PULL_REQUEST/comments
own=$(gh api "$comments" --paginate --jq ".[] | select(.body | startswith(\"$marker\")) | .id" 2>&1) || give_up "$own"
own=${own%%$'\n'*}
if [ -n "$own" ]; then
  answer=$(gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$own" -F body=@"$body" 2>&1 >/dev/null) || give_up "$answer"
elif [ "${FINDINGS:-0}" != 0 ] || [ "${EXIT_CODE:-0}" != 0 ]; then
  answer=$(gh api --method POST "$comments" -F body=@"$body" 2>&1 >/dev/null) || give_up "$answer"
fi
exit 0
