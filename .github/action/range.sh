#!/usr/bin/env bash
# Chooses what to scan by the event, and fetches commits that are not there. Nothing is ever checked out.
#
# Reads INPUT_PATH, INPUT_RANGE, the EVENT_ variables and GITHUB_EVENT_NAME. Writes the outputs `scan`
# (range, history, files or nothing) and `range`.
set -euo pipefail
cd -- "${INPUT_PATH:-.}" 2>/dev/null || {
  echo "::error title=stanch::the input path ${INPUT_PATH:-.} is no folder that is there"
  exit 2
}

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

fetch() { git fetch --quiet --no-tags --no-recurse-submodules "$@"; }
is_shallow() { [ "$(git rev-parse --is-shallow-repository)" = true ]; }

# bring ID [REF]: fetches a commit unless it is there; never fatal, stanch tells what is missing.
bring() {
  has "$1" && return
  local depth=
  ! is_shallow || depth=$(( ${EVENT_COMMITS:-0} + 50 ))
  fetch ${depth:+--depth=$depth} origin "$1" 2>/dev/null ||
    { [ -n "${2:-}" ] && fetch ${depth:+--depth=$depth} origin "$2" 2>/dev/null; } ||
    say "$1 cannot be fetched"
}

# The ids of commits that branches and tags of the remote have, without those that are ID.
others() { # ID
  git for-each-ref --format='%(objecttype) %(objectname) %(*objecttype) %(*objectname)' refs/remotes refs/tags |
    awk -v id="$(git rev-parse "$1^{commit}")" \
      '{ for (at = 1; at < NF; at += 2) if ($at == "commit" && $(at + 1) != id) print $(at + 1) }'
}

# Whether all commits that lead to ID and not to KNOWN are here, and one before them is known.
meets() { # ID KNOWN
  local commits
  commits=$({ echo "$1"; sed '/./s/^/^/' <<<"$2"; } | git rev-list --boundary --stdin 2>/dev/null) || return 1
  [ -z "$commits" ] && return
  grep -q '^-' <<<"$commits" && ! grep -qFxf "$(git rev-parse --git-path shallow)" <<<"$commits"
}

# meet ID KNOWN REF...: deepens a shallow clone below REFs until ID meets what is known. Never fatal.
meet() {
  local id=$1 known=$2 more
  shift 2
  for more in --deepen=100 --deepen=1000 --unshallow; do
    ! is_shallow || meets "$id" "$known" || fetch "$more" origin "$@" || say "the history cannot be fetched"
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
    meet "$EVENT_HEAD" "$EVENT_BASE" "$EVENT_HEAD" "$EVENT_BASE"
    choose range "$EVENT_BASE...$EVENT_HEAD"
    ;;
  push)
    ids "${EVENT_BEFORE:-}" "${EVENT_AFTER:-}"
    is_zero "$EVENT_AFTER" && choose nothing "" "a deleted branch"
    bring "$EVENT_AFTER"
    if ! is_zero "$EVENT_BEFORE"; then
      bring "$EVENT_BEFORE"
      has "$EVENT_BEFORE" || {
        say "$EVENT_BEFORE is gone, as after a forced push: the branch is taken for a new one"
        EVENT_BEFORE=${EVENT_BEFORE//?/0}
      }
    fi
    if is_zero "$EVENT_BEFORE"; then
      # What else there is tells what is new: of a tag, the tags before it, too. The branch itself may have gone on
      # since: what leads to a later push is as new as this one.
      refs=('+refs/heads/*:refs/remotes/origin/*')
      case ${EVENT_REF:-} in
        refs/tags/*) refs+=('+refs/tags/*:refs/tags/*') ;;
        refs/heads/*)
          refs+=("^$EVENT_REF")
          ! has "$EVENT_AFTER" || git update-ref "refs/remotes/origin/${EVENT_REF#refs/heads/}" "$EVENT_AFTER"
          ;;
      esac
      depth=
      ! is_shallow || depth=50
      fetch ${depth:+--depth=$depth} origin "${refs[@]}" "$EVENT_AFTER" 2>/dev/null ||
        fetch ${depth:+--depth=$depth} origin "${refs[@]}" || say "other branches cannot be fetched"
      ! has "$EVENT_AFTER" || meet "$EVENT_AFTER" "$(others "$EVENT_AFTER")" "${refs[@]}" "$EVENT_AFTER"
    else
      meet "$EVENT_AFTER" "$EVENT_BEFORE" "$EVENT_AFTER" "$EVENT_BEFORE"
    fi
    choose range "$EVENT_BEFORE..$EVENT_AFTER"
    ;;
  schedule | workflow_dispatch | repository_dispatch)
    ! is_shallow || git fetch --quiet --unshallow origin || say "the history cannot be fetched"
    choose history
    ;;
  *) choose files ;;
esac
