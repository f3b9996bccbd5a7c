#!/usr/bin/env bash
# Installs from Debian what one purpose needs and this machine lacks, and nothing else.
#   scripts/install-deps.sh demo|test|check|clients|screenshots
# Silent when all is there. No service is left running or enabled by an installation made here.
set -euo pipefail

purpose=${1:-}
case $purpose in
demo)
  why="the demo starts a throwaway Jabber server on this machine"
  want=(prosody prosody-modules)
  ;;
test)
  why="live tests start throwaway Jabber servers, play people with a foreign client library, check XML by its schema, and count instructions"
  want=(prosody prosody-modules lua-dbi-sqlite3 ejabberd erlang-p1-sqlite3 python3-slixmpp libxml2-utils valgrind)
  command -v "${CC:-cc}" >/dev/null || want+=(gcc libc6-dev) # go test -race needs a C compiler
  ;;
clients)
  why="tests open the chat page in a real browser, send text messages by a real gateway, and chat in Jabber clients, in a terminal and in the browser"
  want=(prosody prosody-modules chromium fonts-dejavu-core kannel profanity poezio tmux)
  command -v npm >/dev/null || want+=(npm) # for Converse.js and a message centre, which are not in Debian
  ;;
screenshots)
  why="pictures are taken of agents' own clients, on screens nobody sees"
  want=(prosody prosody-modules gajim dino-im ca-certificates xvfb xdotool openbox dbus imagemagick pngquant
    libglib2.0-bin adwaita-icon-theme librsvg2-common fonts-cantarell fonts-dejavu-core)
  ;;
check)
  exit 0 # the checkers come with the Go module
  ;;
*)
  echo "usage: $0 demo|test|check|clients|screenshots" >&2
  exit 2
  ;;
esac

fail() {
  echo "install-deps: $1" >&2
  echo "install-deps: $2" >&2
  exit 1
}

installed() { # the packages of "$@" that are installed, one a line
  dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true
}

by_hand="install these yourself, then run this again: ${want[*]}"
command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  fail "this is no Debian system (no apt-get)." "$by_hand (Prosody 0.12 with its community modules; for tests ejabberd 23.01)."

here=$(installed "${want[@]}")
missing=()
for p in "${want[@]}"; do
  grep -qx "$p" <<<"$here" || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing from Debian: ${missing[*]}"
echo "  $why; no system service is started or enabled."
as_root=()
if [ "$(id -u)" != 0 ]; then
  as_root=(sudo)
  by_root="As root, run this: bash $0 $purpose"
  command -v sudo >/dev/null || fail "that needs root, and there is no sudo." "$by_root"
  sudo true || fail "that needs root, and sudo refused." "$by_root"
fi

# Everything that needs root runs in one script of its own, so that a password is asked for once.
"${as_root[@]}" bash "$(dirname "$0")/install-as-root.sh" "${missing[@]}"
