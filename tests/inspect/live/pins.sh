# shellcheck shell=sh
# pin-prog, pin-map, unpin.
. "$(dirname "$0")/steps.sh"

refuse "the kernel has no program of this project" pin-prog
refuse "the kernel has no map of this project" pin-map
refuse "no map in the kernel has the name 'nothing'" pin-map --map nothing
refuse "the kernel has no program with the id 4000000000" pin-prog --prog-id 4000000000
refuse "PROG_ID 'x' is no number" pin-prog --prog-id x

start
refuse "pin-prog is about one program, and there are 4" pin-prog
inspect pin-prog --prog live_xdp
says "/sys/fs/bpf/live_xdp: program "
inspect pin-map --map live_counts --pin /sys/fs/bpf/counts --json
says '"path": "/sys/fs/bpf/counts"'
refuse "'/sys/fs/bpf/counts': there is such a file already" \
  pin-map --map live_counts --pin /sys/fs/bpf/counts
refuse "'$PWD/counts' is not in a bpffs" pin-map --map live_counts --pin "$PWD/counts"
refuse "PIN=/sys/fs/bpf/counts" pin-map --map live_counts --pin "$PWD/counts"
refuse "bpffs allows no dots in names" pin-map --map live_counts --pin /sys/fs/bpf/a.b
refuse "Make the directory" pin-map --map live_counts --pin /sys/fs/bpf/none/counts

# The application lives: its pins stay, unless they are named.
inspect unpin --yes
says "These pins are in use and stay"
says "There is no pin to remove."
test -e /sys/fs/bpf/counts || fail "unpin removed what is in use"
inspect unpin /sys/fs/bpf/counts --yes
test ! -e /sys/fs/bpf/counts || fail "unpin kept what was named"
refuse "'/sys/fs/bpf/counts' is no pin" unpin /sys/fs/bpf/counts

# It is dead: the pins are left over. Nothing goes without a yes.
stop
inspect unpin
says "Nothing was removed. YES=1 (--yes) removes it."
test -e /sys/fs/bpf/live_xdp || fail "unpin removed without a yes"
inspect unpin --json
says '"is_leftover": true'
says '"is_removed": false'
inspect unpin --yes
says "Removed 1 pins."
test ! -e /sys/fs/bpf/live_xdp || fail "unpin kept a leftover"

# The same by targets.
start
MAP=live_counts PIN=/sys/fs/bpf/counts cmake --build "$build" --target pin-map > inspected.txt
says "/sys/fs/bpf/counts: map "
stop
YES=1 cmake --build "$build" --target unpin > inspected.txt
says "Removed 1 pins."

bpffs_is_gone() { umount /sys/fs/bpf 2> /dev/null; ! grep -q ' - bpf ' /proc/self/mountinfo; }
wait_until bpffs_is_gone
start
refuse "no bpffs is mounted" pin-map --map live_counts
refuse "mount -t bpf bpf /sys/fs/bpf" pin-prog --prog live_xdp --pin /tmp/x
stop

# Without privileges, the error names the command to write. That user cannot enter every build directory.
other=$(mktemp -d)
chmod 755 "$other"
cp "$ebpfkit" "$other/ebpfkit"
for command in pin-map pin-prog unpin detach stats globals watch-events xdp-advice; do
  if setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
    "$other/ebpfkit" inspect $command --json > inspected.txt 2>&1; then
    fail "nobody may use $command"
  fi
  says "only root may"
done
rm -r "$other"
