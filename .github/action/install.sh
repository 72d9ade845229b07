#!/usr/bin/env bash
# Puts a stanch at hand: the binary of a release whose checksum is right, else one built from the action's own sources.
#
# Reads INPUT_VERSION, INPUT_CHECKSUM, ACTION_REPOSITORY and what the runner sets; STANCH_RELEASES is where releases are
# kept. Writes the output `stanch`: the path of the binary.
set -euo pipefail

folder=${RUNNER_TEMP:?}/stanch
sources=${GITHUB_ACTION_PATH:?}
mkdir -p "$folder"

say() { echo "stanch: $*"; }
done_with() {
  "$1" --version
  echo "stanch=$1" >>"${GITHUB_OUTPUT:?}"
  exit 0
}

# The release that belongs to these sources, unless one is named.
own=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$sources/Cargo.toml" | head -n 1)
version=${INPUT_VERSION:-$own}
version=${version#v}

suffix=
case ${RUNNER_OS:-}-${RUNNER_ARCH:-} in
  Linux-X64) target=x86_64-unknown-linux-musl ;;
  Linux-ARM64) target=aarch64-unknown-linux-musl ;;
  macOS-X64) target=x86_64-apple-darwin ;;
  macOS-ARM64) target=aarch64-apple-darwin ;;
  Windows-X64) target=x86_64-pc-windows-msvc suffix=.exe ;;
  *) target= ;;
esac

sum() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

get() { curl --fail --silent --show-error --location --retry 3 --max-time 120 --output "$2" "$1"; }

# Downloads and unpacks the release; status 1 when there is none.
release() {
  local archive=stanch-$version-$target.tar.gz
  local from=${STANCH_RELEASES:-${GITHUB_SERVER_URL:-https://github.com}/${ACTION_REPOSITORY:-${GITHUB_ACTION_REPOSITORY:-}}/releases/download}/v$version
  get "$from/$archive" "$folder/$archive" 2>"$folder/why" || return 1
  local expected=$INPUT_CHECKSUM
  if [ -z "$expected" ]; then
    get "$from/SHA256SUMS" "$folder/SHA256SUMS"
    expected=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$folder/SHA256SUMS")
  fi
  local actual
  actual=$(sum "$folder/$archive")
  if [ "$actual" != "$expected" ]; then
    rm -f "$folder/$archive"
    echo "::error title=stanch::The checksum of $archive is $actual, and not $expected: it was not installed"
    exit 3
  fi
  tar -xzf "$folder/$archive" -C "$folder"
  chmod +x "$folder/stanch$suffix"
}

if [ "$version" != source ]; then
  if [ -n "$target" ] && release; then
    say "installed $version for $target, checksum verified"
    done_with "$folder/stanch$suffix"
  fi
  if [ -n "${INPUT_VERSION:-}" ]; then
    echo "::error title=stanch::There is no release $version for ${RUNNER_OS:-?} on ${RUNNER_ARCH:-?}: $(cat "$folder/why" 2>/dev/null)"
    exit 3
  fi
  say "there is no release $version for ${RUNNER_OS:-?} on ${RUNNER_ARCH:-?}; building from source"
fi
command -v cargo >/dev/null || { echo "::error title=stanch::Building from source needs Rust; install it or name a version"; exit 3; }
cargo build --release --locked --manifest-path "$sources/Cargo.toml" --target-dir "$folder/target"
case ${RUNNER_OS:-} in Windows) suffix=.exe ;; esac
done_with "$folder/target/release/stanch$suffix"
