#!/usr/bin/env bash
# Measure commits with the suites of this tree, and add the results to benchmarks/results:
#
#     benchmarks/history.sh v0.1.0 HEAD                      two commits
#     benchmarks/history.sh 0a5d0347 v0.1.0..HEAD            one, and those of a range, the oldest first
#     benchmarks/history.sh HEAD -- --machine xeon-2cores    options for asv come last
#
# Takes the suites that say how fast the library is in use; with `--bench .` after the commits, all of them. What a commit
# does not have yet is left out. The suites are those of the working tree, the library is the commit's.
set -euo pipefail

SUITES='^(throughput|batch\.(Documents|OneText)|decode\.LongText|split|messages|memory|load)\.'

cd "$(dirname "${BASH_SOURCE[0]}")/.."
commits=$(mktemp)
trap 'rm -f "$commits"' EXIT

while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
        -*) printf 'options for asv come after the commits and --: %s\n' "$1" >&2; exit 2 ;;
        *..*) git rev-list --first-parent --reverse "$1" >> "$commits" ;;
        *) git rev-parse --verify --quiet "$1^{commit}" >> "$commits" || { printf 'no commit: %s\n' "$1" >&2; exit 2; } ;;
    esac
    shift
done
[ $# -eq 0 ] || shift
if [ ! -s "$commits" ]; then
    printf 'usage: %s COMMIT|RANGE... [-- OPTIONS FOR ASV]\n' "$0" >&2
    exit 2
fi

# One round of few repetitions: the `track_` benchmarks, which are most, repeat by themselves.
asv run --show-stderr --bench "$SUITES" --attribute rounds=1 --attribute repeat=10 "$@" "HASHFILE:$commits"
