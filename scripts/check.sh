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

database=https://vuln.go.dev
if curl -fsS -m 5 -o /dev/null "$database/index/db.json" 2>/dev/null; then
  echo "govulncheck"
  go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...
else
  echo "govulncheck: skipped, its database ($database) cannot be reached from here"
fi
