#!/usr/bin/env bash
# Asks GitHub whether the image $IMAGE was attested by this repository's staging workflow. Where a plan has no attestations that is said, and fatal only
# when $REQUIRED is true.
set -euo pipefail
if [ -n "$IMAGE" ] && gh attestation verify "oci://$IMAGE" --repo "$GITHUB_REPOSITORY" --signer-workflow "$GITHUB_REPOSITORY/.github/workflows/staging.yml" \
    --source-ref refs/heads/main --deny-self-hosted-runners; then
  echo "$IMAGE was made by staging.yml of this repository"
elif [ "$REQUIRED" = true ]; then
  echo "::error title=attestation::${IMAGE:-the release, which names no image,} has no valid attestation of this repository's staging.yml, and the variable REQUIRE_ATTESTATION asks for one. Run staging.yml of the tagged commit again, then this job."
  exit 1
else
  echo "::warning title=attestation::${IMAGE:-the release, which names no image,} has no valid attestation of this repository's staging.yml. Set the variable REQUIRE_ATTESTATION to true to refuse such a release."
fi
