# shellcheck shell=sh
# Runs every inspection target with the example project on this kernel. $1: the build directory. $2: the table of
# targets. Runs in namespaces of its own: a network and a bpffs that nobody else has.
set -eu
build=$1
rows=$2
packets=
processes=
: > targets_run.txt

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
end_application() {
  test -z "$packets" || kill -9 $packets $processes
  packets=
}
trap end_application EXIT

# target <name> [VARIABLE=value...]: the target must succeed. Its output is in output.txt.
target() {
  name=$1
  shift
  echo "$name" >> targets_run.txt
  env "$@" cmake --build "$build" --target "$name" > output.txt 2>&1 || fail "$name $*: $(cat output.txt)"
}
# refuse <text> <name> [VARIABLE=value...]: the target must fail and say the text.
refuse() {
  wanted=$1
  name=$2
  shift 2
  if env "$@" cmake --build "$build" --target "$name" > output.txt 2>&1; then
    fail "$name $* succeeded: $(cat output.txt)"
  fi
  says "$wanted"
}
says() {
  for text in "$@"; do
    grep -qF -e "$text" output.txt || fail "$name: the output lacks '$text': $(cat output.txt)"
  done
}
wait_until() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    test $tries -lt 1000 || fail "never true: $*"
    sleep 0.05
  done
}

# Nothing is loaded, and there is no bpffs.
target list-progs
says "This project has none in the kernel."
target list-maps
says "This project has none in the kernel."
for name in dump-map dump-prog update-map watch-map pin-map; do
  refuse "" $name COUNT=1 KEY=1 VALUE=1
done
refuse "the kernel has no map of this project" dump-map
refuse "the kernel has no program of this project" dump-prog
refuse "the kernel has no program of this project" stats COUNT=1
refuse "the kernel has no program of this project" pin-prog
refuse "no program in the kernel has the name 'count_packets'" visualize PROG=count_packets
umount /sys/fs/bpf 2> /dev/null || true
target show-pinned
says "No bpffs is mounted: mount -t bpf bpf /sys/fs/bpf"
target unpin
target detach
refuse "there is no such network interface" xdp-advice INTERFACE=nowhere

mount -t bpf bpf /sys/fs/bpf
ip link set lo up
"$build/kernel-watch" packets --interface lo --interval 1 > packets.txt 2>&1 &
packets=$!
"$build/kernel-watch" processes > processes.txt 2>&1 &
processes=$!
are_loaded() {
  target list-progs
  grep -q count_packets output.txt && grep -q process_exit output.txt
}
wait_until are_loaded
says "count_packets" "xdp" "process_exec" "kernel-watch ($packets)" "kernel-watch ($processes)"
id=$(awk '$2 == "count_packets" { print $1 }' output.txt)
target list-progs PROG=count_packets JSON=1
says '"name": "count_packets"' "\"pid\": $packets"
target list-maps
says "counters" "percpu_array" "events" "ringbuf"
map_id=$(awk '$2 == "counters" { print $1 }' output.txt)
target list-links
says "count_packets" "process_exec" "raw tracepoint sched_process_exit"
target map-memory
says "bytes in" "events"

bash -c 'for i in 1 2 3; do echo packet > /dev/udp/127.0.0.1/9; done'
target dump-map MAP=counters
says "{.packets = " "sum: "
target dump-map MAP_ID="$map_id" KEY=0 JSON=1
says '"key": 0' '"packets"'
refuse "no map in the kernel has the name 'counter'" dump-map MAP=counter
refuse "the kernel has no map with the id 4294967294" dump-map MAP_ID=4294967294
target watch-map MAP=counters COUNT=2 INTERVAL=0.3
says ".packets = "
target update-map MAP=counters KEY=0 VALUE='{.packets = 7}'
says ".packets = 7"
refuse "Its members are" update-map MAP=counters KEY=0 VALUE='{.packet = 7}'
target dump-prog PROG=count_packets
says "program $id 'count_packets'" "exit"
refuse "the kernel has no program with the id 4294967294" dump-prog PROG_ID=4294967294
target net-show
says "lo(1)"
refuse "net-attach: no network interface is named" net-attach PROG=count_packets
ip link add watched type veth peer name other
target net-attach PROG=count_packets INTERFACE=watched MODE=xdpgeneric
says "is attached to watched (xdpgeneric)"
target detach INTERFACE=watched YES=1
says "watched"
refuse "bpftool net attach" net-attach PROG=count_packets INTERFACE=lo MODE=xdpgeneric
says "attach failed"
target feature-probe
says "Scanning eBPF program types" "eBPF program_type xdp is available"
target xdp-advice INTERFACE=lo INTERVAL=0.2
says "lo" "generic" "count_packets"
target stats COUNT=1 INTERVAL=0.3
says "count_packets" "average ns"
target profile PROG=count_packets INTERVAL=0.2
says "count_packets"
target globals
says ".rodata" "(read-only)"
refuse "have no global variable 'nothing'" globals PROG=process_exec VALUES=nothing=1
# The reader sees an exit, and the application, too.
env INTERVAL=0.05 MAP=events timeout 100 cmake --build "$build" --target watch-events > events.txt 2>&1 &
watcher=$!
sees_events() {
  true
  grep -qF ".tgid = " events.txt
}
wait_until sees_events
kill $watcher 2> /dev/null || true
wait $watcher || true
echo watch-events >> targets_run.txt
wait_until grep -q "exec" processes.txt

target visualize PROG=count_packets FORMAT=dot OUTPUT="$PWD/loaded"
grep -q "counters" loaded/count_packets-"$id".count_packets.dot || fail "the picture lacks the map"
target visualize-processes FORMAT=dot OUTPUT="$PWD/drawn"
says "processes.process_exit.dot"
target visualize FORMAT=dot OUTPUT="$PWD/drawn"
target relocations
says "struct task_struct"
target btf-dump-processes
says "struct process_event {"
target btf-dump PROG_ID="$id"
says "xdp_md"
target verbose-load
says "process_exit" "loaded"
target ebpf
target codegen
target inspect-help
for name in $(sed -n 's/^\([a-z-]*\) *|.*/\1/p' "$rows"); do
  says "$name"
done

# Pins, and what is left of a loader that was killed.
target pin-prog PROG=count_packets PIN=/sys/fs/bpf/watched
target pin-map MAP=counters PIN=/sys/fs/bpf/counted
target show-pinned
says "/sys/fs/bpf/watched" "/sys/fs/bpf/counted" "kernel-watch ($packets)"
refuse "choose a path in /sys/fs/bpf" pin-prog PROG=count_packets PIN=/nowhere/watched
end_application
target unpin
says "/sys/fs/bpf/watched"
target unpin YES=1
target detach YES=1
are_gone() {
  target list-progs
  grep -qF "This project has none in the kernel." output.txt
}
wait_until are_gone
target show-pinned
grep -qF watched output.txt && fail "the pin is still there"

# The loader, and the kernel's trace, as far as this kernel has one.
target load LOAD_ARGS="--btf-info"
says "Here: kernel types come from"
echo tracelog >> targets_run.txt
if timeout 1 cmake --build "$build" --target tracelog > output.txt 2>&1; then
  fail "tracelog ended by itself: $(cat output.txt)"
fi

for name in $(sed -n 's/^\([a-z-]*\) *|.*/\1/p' "$rows"); do
  grep -qx "$name" targets_run.txt || fail "this test does not run the target '$name'"
done
