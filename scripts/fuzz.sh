#!/usr/bin/env bash
# fuzz.sh TIME: runs every fuzz test of the module for that long (go allows one at a time).
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s}

go list -f '{{$dir := .Dir}}{{$path := .ImportPath}}{{range .TestGoFiles}}{{$path}} {{$dir}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$path}} {{$dir}}/{{.}}{{"\n"}}{{end}}' ./... |
  while read -r package file; do
    [ -n "$file" ] || continue
    sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r name; do
      echo "$package $name"
      go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 2s "$package" </dev/null
    done
  done
