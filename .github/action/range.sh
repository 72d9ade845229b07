#!/usr/bin/env bash
# Chooses what to scan by the event, and fetches commits that are not there. Nothing is ever checked out.
#
# Reads INPUT_PATH, INPUT_RANGE, the EVENT_ variables and GITHUB_EVENT_NAME. Writes the outputs `scan`
# (range, history, files or nothing) and `range`.
set -euo pipefail
cd "${INPUT_PATH:-.}"

say() { echo "stanch: $*"; }
choose() { # SCAN [RANGE]
  say "scans ${1}${2:+ $2} (${3:-${GITHUB_EVENT_NAME:-no event}})"
  printf 'scan=%s\nrange=%s\n' "$1" "${2:-}" >>"${GITHUB_OUTPUT:?}"
  exit 0
}
is_zero() { [[ $1 =~ ^0+$ ]]; }
has() { git cat-file -e "$1^{commit}" 2>/dev/null; }
# Only ids: what an event says is never taken for an option or another name.
ids() {
  local id
  for id; do
    [[ $id =~ ^[0-9a-f]{40}([0-9a-f]{24})?$ ]] && continue
    echo "::error title=stanch::the event names no commits"
    exit 3
  done
}

# bring ID [REF]: fetches a commit unless it is there; never fatal, stanch tells what is missing.
bring() {
  has "$1" && return
  local shallow=()
  [ "$(git rev-parse --is-shallow-repository)" = true ] && shallow=(--depth="$(( ${EVENT_COMMITS:-0} + 50 ))")
  git fetch --quiet --no-tags --no-recurse-submodules "${shallow[@]}" origin "$1" 2>/dev/null ||
    { [ -n "${2:-}" ] && git fetch --quiet --no-tags --no-recurse-submodules "${shallow[@]}" origin "$2" 2>/dev/null; } ||
    say "$1 cannot be fetched"
}

# meet A B: deepens a shallow clone until both have a commit in common.
meet() {
  local more
  for more in 100 1000 unshallow; do
    [ "$(git rev-parse --is-shallow-repository)" = true ] || return 0
    git merge-base "$1" "$2" >/dev/null 2>&1 && return 0
    case $more in
      unshallow) git fetch --quiet --no-tags --unshallow origin || return 0 ;;
      *) git fetch --quiet --no-tags --deepen="$more" origin "$1" "$2" || return 0 ;;
    esac
  done
}

case ${INPUT_RANGE:-} in
  '') ;;
  history | files) choose "$INPUT_RANGE" "" "as told" ;;
  -*) echo "::error title=stanch::a range does not begin with a dash"; exit 2 ;;
  *) choose range "$INPUT_RANGE" "as told" ;;
esac

case ${GITHUB_EVENT_NAME:-} in
  pull_request | pull_request_target | merge_group)
    ids "${EVENT_BASE:-}" "${EVENT_HEAD:-}"
    bring "$EVENT_BASE"
    # The head of a fork is kept by the repository that it asks to pull.
    bring "$EVENT_HEAD" "${EVENT_PULL_REQUEST:+refs/pull/$EVENT_PULL_REQUEST/head}"
    meet "$EVENT_BASE" "$EVENT_HEAD"
    choose range "$EVENT_BASE...$EVENT_HEAD"
    ;;
  push)
    ids "${EVENT_BEFORE:-}" "${EVENT_AFTER:-}"
    is_zero "$EVENT_AFTER" && choose nothing "" "a deleted branch"
    bring "$EVENT_AFTER"
    if ! is_zero "$EVENT_BEFORE"; then
      bring "$EVENT_BEFORE"
      has "$EVENT_BEFORE" || {
        say "$EVENT_BEFORE is gone, as after a forced push: compared with what else the remote has"
        EVENT_BEFORE=${EVENT_BEFORE//?/0}
      }
    fi
    if is_zero "$EVENT_BEFORE"; then
      # What else there is tells what is new.
      git fetch --quiet --no-tags origin '+refs/heads/*:refs/remotes/origin/*' || say "other branches cannot be fetched"
    fi
    is_zero "$EVENT_BEFORE" || meet "$EVENT_BEFORE" "$EVENT_AFTER"
    choose range "$EVENT_BEFORE..$EVENT_AFTER"
    ;;
  schedule | workflow_dispatch | repository_dispatch)
    if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
      git fetch --quiet --unshallow origin || say "the history cannot be fetched"
    fi
    choose history
    ;;
  *) choose files ;;
esac
