#!/usr/bin/env bash
# Says which environments have a release on the branch releases that was neither promoted nor taken back nor overtaken: a JSON list of what is in environments/
# (`environment`) and what GitHub's page of deployments calls it (`name`). Git alone: nothing is installed for a look.
set -euo pipefail
trailer() { printf '%%(trailers:key=Mergeline-%s,valueonly,separator=%%x20)' "$1"; }
open=()
if git rev-parse --verify --quiet origin/releases >/dev/null; then
  # Newest first: what closes a release comes before it.
  while read -r environment; do
    rehearsal=
    if [ "$environment" != staging ] &&
      grep -q '^rehearsal: true' <<<"$(git show "origin/releases:environments/$environment/release.yaml")"; then
      rehearsal=-rehearsal
    fi
    open+=("{\"environment\":\"$environment\",\"name\":\"$environment$rehearsal\"}")
  done < <(git log --first-parent --format="%H|$(trailer Entry)|$(trailer Promotes) $(trailer Reverts) $(trailer Supersedes)|$(trailer Environment)" origin/releases |
    awk -F'|' '{ n = split($3, ids, " "); for (i = 1; i <= n; i++) closed[ids[i]] = 1
                 if ($2 == "release" && !($1 in closed) && $4 ~ /^[a-z0-9-]+$/) found[$4] = 1 } END { for (name in found) print name }' | sort)
fi
list=$(IFS=,; echo "[${open[*]}]")
echo "open=$list" | tee -a "$GITHUB_OUTPUT"
