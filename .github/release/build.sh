#!/usr/bin/env bash
# build.sh TARGET: builds the program for a target and packs it as dist/stanch-VERSION-TARGET.tar.gz.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
target=$1
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

suffix=
case $target in
  *-musl)
    # The C parts are linked in as well, so the program needs nothing of the machine it runs on.
    export "CC_${target//-/_}=musl-gcc"
    ;;
  *-windows-*)
    suffix=.exe
    export RUSTFLAGS="-C target-feature=+crt-static"
    ;;
esac
cargo build --release --locked --target "$target"

mkdir -p dist
folder=$(mktemp -d)
cp "target/$target/release/stanch$suffix" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$folder"
tar -czf "dist/stanch-$version-$target.tar.gz" -C "$folder" .
