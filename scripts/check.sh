#!/usr/bin/env bash
# What must be in order before a change is taken.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "gofmt"
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
  printf 'not formatted, run gofmt -w on:\n%s\n' "$unformatted" >&2
  exit 1
fi
echo "go vet"
go vet ./...
echo "staticcheck"
go tool staticcheck ./...

# It ends with 3 when it found something; anything else but 0 is its database out of reach.
status=0
found=$(timeout 120 go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./... 2>&1) || status=$?
case $status in
0) echo "govulncheck" ;;
3)
  printf 'govulncheck\n%s\n' "$found" >&2
  exit 1
  ;;
*) echo "govulncheck: skipped, its database cannot be reached from here" ;;
esac
