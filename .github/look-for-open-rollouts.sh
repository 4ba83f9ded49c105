#!/usr/bin/env bash
# Says which environments have a release on the branch releases that was neither promoted nor taken back nor overtaken, and whose job has ended: a JSON list of what is
# in environments/ (`environment`) and what GitHub's page of deployments calls it (`name`). Git, and one question to GitHub: nothing is installed for a look.
set -euo pipefail
ledger=refs/remotes/origin/releases # by its whole name: a tag may be called origin/releases, too
trailer() { printf '%%(trailers:key=Mergeline-%s,valueonly,separator=%%x20)' "$1"; }

# Whether the run of a holder, as in github:<run>:<attempt>, is not completed. What GitHub does not tell, the job that carries on looks into.
works() {
  [[ $1 =~ ^github:([0-9]+):([0-9]+)$ ]] || return 1
  local attempt="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/runs/${BASH_REMATCH[1]}/attempts/${BASH_REMATCH[2]}"
  [[ $(curl --fail --silent --max-time 20 --retry 3 --header "authorization: Bearer $GH_TOKEN" "$attempt" | jq --raw-output .status) =~ ^(queued|in_progress|waiting|pending|requested)$ ]]
}

# A word of the environment's policy, or of what all share.
policy() { cat environments/base/environment.yaml "environments/$environment/environment.yaml" 2>/dev/null | sed -nE "s/^ *$1: *([a-z]+).*/\1/p" | tail -n 1; }

open=()
if git rev-parse --verify --quiet "$ledger" >/dev/null; then
  # Newest first: what closes a release comes before it, and so does who took it over last.
  entries=$(git log --first-parent --format="%H|$(trailer Entry)|$(trailer Promotes) $(trailer Reverts) $(trailer Supersedes)|$(trailer Environment)|$(trailer Resumes)|$(trailer Holder)" "$ledger" --)
  left=$(awk -F'|' '{ n = split($3, ids, " "); for (i = 1; i <= n; i++) closed[ids[i]] = 1
                      if ($2 == "resume" && !($5 in taken)) taken[$5] = $6
                      if ($2 == "release" && !($1 in closed) && $4 ~ /^[a-z0-9-]+$/ && !($4 in found)) found[$4] = ($1 in taken) ? taken[$1] : $6 }
                    END { for (name in found) print name, found[name] }' <<<"$entries" | sort)
  while read -r environment holder; do
    [ -n "$environment" ] || continue
    if [ ! -f "environments/$environment/environment.yaml" ]; then
      echo "::warning title=releases::The branch releases has an open release of $environment, and main has no environments/$environment. Nobody carries it on."
    elif works "$holder"; then
      echo "$environment: $holder still works"
    else
      # Servers that are processes of the runner serve nobody outside: a rehearsal.
      rehearsal=
      if [ "$environment" != staging ] && [ "$(policy target)" = host ] && [ "$(policy launcher)" = process ]; then rehearsal=-rehearsal; fi
      open+=("{\"environment\":\"$environment\",\"name\":\"$environment$rehearsal\"}")
    fi
  done <<<"$left"
fi
list=$(IFS=,; echo "[${open[*]}]")
echo "open=$list" | tee -a "$GITHUB_OUTPUT"
