#!/usr/bin/env bash
# install-as-root.sh PACKAGE...: called by install-deps.sh. Installs the packages, and sees to it that services
# they bring (Debian starts and enables them) neither start now nor at the next boot.
set -euo pipefail

policy=/usr/sbin/policy-rc.d
kept=$policy.before-baton
lock=/run/baton-install.lock
mark="# temporary, made by Baton's install-deps.sh"

fail() {
  printf 'install-deps: %s\n' "$@" >&2
  exit 1
}

exists() { [ -e "$1" ] || [ -L "$1" ]; }

restore_policy() {
  if [ -f "$policy" ] && grep -qxF "$mark" "$policy"; then rm -f "$policy"; fi
  if exists "$kept"; then mv -f "$kept" "$policy"; fi
}

# While the lock is held, by us or by the apt we started, no package may start a service. Should we be killed before we
# could tidy up, the policy is as it was before by itself, and the next installation removes it.
forbid_services() {
  restore_policy
  if exists "$policy"; then mv "$policy" "$kept"; fi
  cat >"$policy" <<END
#!/bin/sh
$mark
flock -n $lock true || exit 101
[ -x $kept ] && exec $kept "\$@"
exit 0
END
  chmod 755 "$policy"
}

installed() { dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' | sed -n 's/^i. *//p' | sort -u; }

# Only services of packages that were not there before are given, those that came along too (Erlang, which ejabberd
# needs, brings epmd): a server that somebody runs already stays as it is.
switch_off() {
  local unit name
  for unit in $(services_of "$@"); do
    name=${unit%.*}
    if command -v systemctl >/dev/null; then systemctl --quiet disable "$unit" 2>/dev/null || true; fi # also where systemd does not run
    if [ -d /run/systemd/system ]; then systemctl --quiet stop "$unit" 2>/dev/null || true; fi
    if command -v update-rc.d >/dev/null && exists "/etc/init.d/$name"; then update-rc.d "$name" disable >/dev/null 2>&1 || true; fi
    echo "The system service $unit stays off; to use it some day: systemctl enable --now $unit"
  done
}

# The units that the packages bring; a package without any may still have a script of the old kind.
services_of() {
  [ $# -gt 0 ] || return 0
  dpkg-query -L "$@" 2>/dev/null | sed -nE \
    -e '/@\.(service|socket)$/d' \
    -e 's#^(/usr)?/lib/systemd/system/([^/]+\.(service|socket))$#\2#p' \
    -e 's#^/etc/init\.d/([^/]+)$#\1.service#p' | sort -u
}

newcomers() { comm -13 <(printf '%s\n' "$before") <(installed); }

apt() { # shows apt's progress; asks nothing; waits for another apt to finish
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null
}

known() { # is every package in apt's lists?
  apt-get install --simulate --no-install-recommends "$@" >/dev/null 2>&1
}

refresh() {
  echo "Fetching Debian's package lists"
  apt -q update || fail "apt-get update failed (its messages are above)." \
    "Check the network and /etc/apt/sources.list, then run this again."
}

add() { apt -q install --yes --no-install-recommends "$@"; }

exec 9>"$lock"
flock 9 # one at a time: they share the policy file

trap 'exit 130' INT
trap 'exit 143' TERM HUP
before=$(installed)
trap 'switch_off $(newcomers); restore_policy' EXIT
forbid_services
fresh=false
if ! known "$@"; then
  refresh
  fresh=true
  known "$@" || fail "apt knows no $* (they are in Debian 12, bookworm, section main)." \
    "Check the network and /etc/apt/sources.list, then run this again."
fi
if ! add "$@"; then # the lists may be older than the archive
  $fresh && fail "the installation failed (apt's messages are above)." "Mend that, then run this again."
  refresh
  add "$@" || fail "the installation failed (apt's messages are above)." "Mend that, then run this again."
fi
