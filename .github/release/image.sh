#!/usr/bin/env bash
# image.sh VERSION: builds the image for both kinds of machines from the archives in dist, and pushes it.
#
# Writes the outputs `name` and `digest`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=${1#v}
name=ghcr.io/$(tr '[:upper:]' '[:lower:]' <<<"${GITHUB_REPOSITORY:?}")

folder=$(mktemp -d)
for pair in amd64:x86_64 arm64:aarch64; do
  mkdir "$folder/${pair%%:*}"
  tar -xzf "dist/stanch-$version-${pair##*:}-unknown-linux-musl.tar.gz" -C "$folder/${pair%%:*}" ./stanch
done
cp .github/Dockerfile "$folder"
docker login ghcr.io --username "${GITHUB_ACTOR:?}" --password-stdin <<<"${GH_TOKEN:?}"
docker buildx create --use >/dev/null
docker buildx build --platform linux/amd64,linux/arm64 --push --provenance=false \
  --tag "$name:$version" --tag "$name:latest" --metadata-file "$folder/metadata.json" "$folder"
{
  echo "name=$name"
  echo "digest=$(jq -r '."containerimage.digest"' "$folder/metadata.json")"
} >>"${GITHUB_OUTPUT:?}"
