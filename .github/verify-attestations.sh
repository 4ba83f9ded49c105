#!/usr/bin/env bash
# Asks GitHub whether this repository's staging workflow attested the model in the folder $BUNDLE, by its manifest, and the image $IMAGE. Where a plan has no
# attestations that is said, and fatal only when $REQUIRED is true.
set -euo pipefail
made_by_staging() {
  gh attestation verify "$1" --repo "$GITHUB_REPOSITORY" --signer-workflow "$GITHUB_REPOSITORY/.github/workflows/staging.yml" \
    --source-ref refs/heads/main --deny-self-hosted-runners
}
# what: how to call it; where: what gh is asked about, or nothing.
check() {
  if [ -n "$2" ] && made_by_staging "$2"; then
    echo "$1 was made by staging.yml of this repository"
  elif [ "$REQUIRED" = true ]; then
    echo "::error title=attestation::$1 has no valid attestation of this repository's staging.yml, and the variable REQUIRE_ATTESTATION asks for one. Run staging.yml of the tagged commit again, then this job."
    exit 1
  else
    echo "::warning title=attestation::$1 has no valid attestation of this repository's staging.yml. Set the variable REQUIRE_ATTESTATION to true to refuse such a release."
  fi
}
check 'the model' "${BUNDLE:+$BUNDLE/manifest.json}"
check "${IMAGE:-the release, which names no image,}" "${IMAGE:+oci://$IMAGE}"
