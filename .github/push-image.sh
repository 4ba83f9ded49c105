#!/usr/bin/env bash
# Has the image of the bundle $BUNDLE in $REGISTRY under the repository's name, and tells the job what it is by digest.
set -euo pipefail
name="$REGISTRY/${GITHUB_REPOSITORY,,}"
sbom="$RUNNER_TEMP/sbom.spdx.json"

publish() {
  npm run --silent image -- --bundle "$BUNDLE" --fingerprint "$FINGERPRINT" ${BASE:+--base "$BASE"} \
    --tag "$name:${GITHUB_SHA::12}" --push --sbom "$sbom" --json "$@" | tee /dev/stderr | tail -n 1
}
attested() {
  gh attestation verify "oci://$1" --repo "$GITHUB_REPOSITORY" --signer-workflow "$GITHUB_REPOSITORY/.github/workflows/staging.yml" \
    --source-ref refs/heads/main --deny-self-hosted-runners
}

said=$(publish)
reference=$(jq --raw-output --exit-status .reference <<<"$said")
# Who may write to the registry may plant an image with labels that say what ours would: it is attested below, so it must be one that was made here.
if jq --exit-status .reused <<<"$said" >/dev/null && ! attested "$reference"; then
  echo "no attestation of this workflow is known for what the registry has: built anew" >&2
  reference=$(publish --rebuild | jq --raw-output --exit-status .reference)
fi
{
  echo "reference=$reference"
  echo "name=$name"
  echo "digest=${reference#*@}"
  echo "sbom=$sbom"
} >>"$GITHUB_OUTPUT"
