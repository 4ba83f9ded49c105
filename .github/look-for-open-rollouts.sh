#!/usr/bin/env bash
# Says whether the branch releases has a release that was neither promoted nor taken back nor overtaken. Git alone: nothing is installed for a look.
set -euo pipefail
trailer() { printf '%%(trailers:key=Mergeline-%s,valueonly,separator=%%x20)' "$1"; }
open=false
if git rev-parse --verify --quiet origin/releases >/dev/null; then
  # Newest first: what closes a release comes before it.
  open=$(git log --first-parent --format="%H|$(trailer Entry)|$(trailer Promotes) $(trailer Reverts) $(trailer Supersedes)" origin/releases |
    awk -F'|' '{ n = split($3, ids, " "); for (i = 1; i <= n; i++) closed[ids[i]] = 1
                 if ($2 == "release" && !($1 in closed)) found = 1 } END { print found ? "true" : "false" }')
fi
echo "open=$open" | tee -a "$GITHUB_OUTPUT"
