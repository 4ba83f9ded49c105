#!/usr/bin/env bash
# Builds the image of the bundle $BUNDLE, pushes it to $REGISTRY under the repository's name, and tells the job what it is by digest.
set -euo pipefail
name="$REGISTRY/${GITHUB_REPOSITORY,,}"
sbom="$RUNNER_TEMP/sbom.spdx.json"
said=$(npm run --silent image -- --bundle "$BUNDLE" --fingerprint "$FINGERPRINT" \
  ${BASE:+--base "$BASE"} --tag "$name:${GITHUB_SHA::12}" --push --sbom "$sbom" --json | tee /dev/stderr | tail -n 1)
reference=$(jq --raw-output --exit-status .reference <<<"$said")
{
  echo "reference=$reference"
  echo "name=$name"
  echo "digest=${reference#*@}"
  echo "sbom=$sbom"
} >>"$GITHUB_OUTPUT"
