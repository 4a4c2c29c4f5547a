#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a clean Debian 12 in a folder of its own and does there what a newcomer does with a clone:
# ./dev demo, then his own file. Needs root and debootstrap; takes a quarter of an hour, so it is run
# by hand.   usage: tests/clean_debian.sh [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  printf 'clean_debian: %s\n' "$*" >&2
  exit 1
}

((EUID == 0)) || fail "only root can make one."
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"

folder=${1:-$(mktemp -d --tmpdir tocsin-debian-XXXXXX)}
readonly folder root=$folder/root
# The mirror that this machine uses itself.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -n 1)
[[ -n $mirror ]] || fail "this machine has no sources of bookworm."

if [[ ! -e $root/etc/debian_version ]]; then
  printf 'a clean Debian 12 in %s\n' "$root"
  debootstrap --variant=minbase bookworm "$root" "$mirror" >"$folder/debootstrap.log" ||
    fail "debootstrap failed, see $folder/debootstrap.log"
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
rm -rf "$root/home/tocsin"
mkdir -p "$root/home/tocsin"
git archive HEAD | tar -x -C "$root/home/tocsin"

# In a namespace of processes of its own, so that nothing is left running whatever happens.
inside() {
  unshare --mount --pid --fork --kill-child bash -c '
    mount --bind "$1" "$1" && mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" &&
      exec chroot "$1" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
        bash -c "cd /home/tocsin && $2"' inside "$root" "$1"
}

SECONDS=0
inside './dev demo </dev/null' | while IFS= read -r line; do
  printf '%4d s  %s\n' "$SECONDS" "$line"
done
printf '%4d s  the demo is over; now a file of one'\''s own, without rules\n' "$SECONDS"
inside 'PATH=$PWD/build/release:$PATH; tocsin traffic --out own.jsonl --count 20000 && mkdir -p own && cd own &&
  tocsin backtest --from ../own.jsonl --suggest'
printf 'done in %d s\n' "$SECONDS"
[[ -n ${1:-} ]] || rm -rf "$folder"
