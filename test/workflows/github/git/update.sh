#!/bin/sh
# Git runs this for every ref of a push, before it moves: update.sh <ref> <old> <new>. What it writes, the one who pushes reads.
# PUSH_RULES holds what the stand-in has decided: lines of ref, tab, `always` or `rewind`, tab, reason.
none=0000000000000000000000000000000000000000
tab=$(printf '\t')
rewinds=no
if [ "$2" != $none ] && [ "$3" != $none ] && ! git merge-base --is-ancestor "$2" "$3"; then rewinds=yes; fi
refused=$(
  while IFS=$tab read -r ref when why; do
    if [ "$ref" = "$1" ] && { [ "$when" = always ] || [ $rewinds = yes ]; }; then echo "- $why"; fi
  done <"$PUSH_RULES"
)
# https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions: no job may change workflows.
if [ "$PUSH_APP" = true ] && [ "$3" != $none ] && [ -n "$(git log --format=%H -1 "$3" --not --all -- .github/workflows)" ]; then
  refused="- refusing to allow a GitHub App to create or update workflow files without \`workflows\` permission"
fi
if [ -n "$refused" ]; then
  printf 'error: GH013: Repository rule violations found for %s.\n\n%s\n\n' "$1" "$refused" >&2
  exit 1
fi
