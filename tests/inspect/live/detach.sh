# shellcheck shell=sh
# detach: what is attached without a living process goes, the right way for each class.
. "$(dirname "$0")/steps.sh"
# bpffs brings files of its own (maps.debug).
files=$(ls /sys/fs/bpf)
mkdir -p cgroups
mount -t cgroup2 none cgroups
cgroup=$PWD/cgroups/ebpfkit_live_$$
mkdir "$cgroup"
trap 'test -z "$running" || kill -9 $running; rmdir "$cgroup"' EXIT

inspect detach --yes
says "There is nothing to detach."
refuse "INTERFACE 'nowhere': there is no such network interface" detach --interface nowhere
refuse "nothing in the kernel fits what is named" detach --prog live_xdp
refuse "LINK_ID 'x' is no number" detach --link-id x

# It lives: all is held, and stays.
start xdp tc "cgroup=$cgroup" link=/sys/fs/bpf/live_link map=/sys/fs/bpf/live_map
inspect detach --yes
says "There is nothing to detach."
says "held by application ($running)"
says "lo (generic)"
says "ingress of lo, priority 7, handle 0x9"
says "cgroup_inet_egress"
says "raw tracepoint sched_process_exec"
# Who names a thing wants it detached.
inspect detach --interface lo --yes
says "To detach (*): 2 of 2"
says "If nobody else needs it: tc qdisc del dev lo clsact"
inspect detach --all
says_not "priority 7"
stop
inspect detach --json
says '"state": "leftover"'
says '"is_removed": false'
inspect detach
says "Nothing was removed. YES=1 (--yes) removes it."

is_clean() {
  is_gone || return 1
  "$ebpfkit" inspect detach --all > inspected.txt 2>&1
  ! grep -qF live_ inspected.txt
}

clean_up() {
  inspect detach --yes
  inspect unpin --yes
  wait_until is_clean
  test "$(ls /sys/fs/bpf)" = "$files" || fail "a pin stays: $(ls /sys/fs/bpf)"
}
clean_up

# Killed at random moments. EBPFKIT_ROUNDS says how often.
round=0
while test $round -lt "${EBPFKIT_ROUNDS:-4}"; do
  "$application" xdp tc "cgroup=$cgroup" link=/sys/fs/bpf/live_link map=/sys/fs/bpf/live_map \
    > output.txt 2>&1 &
  running=$!
  sleep "0.$(printf %03d $(($(od -An -N2 -tu2 /dev/urandom) % 200)))"
  ! grep -qE '^(xdp|tc|cgroup|link|map)' output.txt || fail "the application failed: $(cat output.txt)"
  stop
  clean_up
  round=$((round + 1))
done
# Another project's leftovers are not ours.
start xdp
stop
"$ebpfkit" inspect detach --yes > inspected.txt
says "not this project's"
says "There is nothing to detach."
"$ebpfkit" inspect detach --all --yes > inspected.txt
says "Detached program"
wait_until is_clean
