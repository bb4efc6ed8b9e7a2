# shellcheck shell=sh
# Runs every inspection target with the example project on this kernel. $1: the build directory. $2: the table of
# targets. $3: ebpfkit. Runs in namespaces of its own: a network and a bpffs that nobody else has. JSON of each
# subcommand is in documents/ then, and check.cmake compares it with its description.
set -eu
build=$1
rows=$2
ebpfkit=$3
packets=
processes=
: > targets_run.txt
mkdir -p documents

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
maker=
end_application() {
  test -z "$maker" || kill $maker 2> /dev/null || true
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
# Other tests that run now may have programs and maps of the same names for a moment.
# refuse <text> <name> [VARIABLE=value...]: the target must fail and say the text, at the latest after some tries.
refuse() {
  wanted=$1
  name=$2
  shift 2
  tries=0
  while env "$@" cmake --build "$build" --target "$name" > output.txt 2>&1; do
    tries=$((tries + 1))
    test $tries -lt 50 || fail "$name $* succeeded: $(cat output.txt)"
    sleep 0.2
  done
  says "$wanted"
}
# target_says <text> <name>: the target must succeed and say the text, at the latest after some tries.
target_says() {
  tries=0
  until target "$2" && grep -qF -e "$1" output.txt; do
    tries=$((tries + 1))
    test $tries -lt 50 || says "$1"
    sleep 0.2
  done
}
# document <name>[=<more>] [<word>...]: the subcommand must print JSON. Its first line, or all of it, is
# documents/<name>[=<more>].json.
document() {
  file=documents/$1.json
  name=${1%%=*}
  shift
  "$ebpfkit" inspect --object="packets=$build/packets.bpf.o" --object="processes=$build/processes.bpf.o" \
    "$name" --json "$@" > "$file" 2> output.txt || fail "$name --json $*: $(cat output.txt "$file")"
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
target_says "This project has none in the kernel." list-progs
target_says "This project has none in the kernel." list-maps
for name in dump-map watch-map pin-map watch-events update-map; do
  refuse "the kernel has no map of this project" $name COUNT=1 KEY=1 VALUE=1
done
for name in dump-prog stats profile pin-prog globals net-attach; do
  refuse "the kernel has no program of this project" $name COUNT=1 INTERFACE=lo
done
refuse "no program in the kernel has the name 'count_packets'" visualize PROG=count_packets
umount /sys/fs/bpf 2> /dev/null || true
target show-pinned
says "No bpffs is mounted: mount -t bpf bpf /sys/fs/bpf"
target_says "There is no pin to remove." unpin
target_says "There is nothing to detach." detach
refuse "nothing in the kernel fits what is named" detach PROG=count_packets
target xdp-advice
says "No network interface runs an XDP program."
target_says "0 bytes in 0 maps" map-memory
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
id=$(awk '$2 == "count_packets" && /\('"$packets"'\)/ { print $1 }' output.txt)
target list-progs PROG=count_packets JSON=1
says '"name": "count_packets"' "\"pid\": $packets"
target list-maps
says "counters" "percpu_array" "events" "ringbuf"
map_id=$(awk '$2 == "counters" && /\('"$packets"'\)/ { print $1 }' output.txt)
events_id=$(awk '$2 == "events" && /\('"$processes"'\)/ { print $1 }' output.txt)
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
target watch-map MAP=counters COUNT=1 PER_CPU=1
says "{{.packets = "
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
: > events.txt
env INTERVAL=0.05 MAP_ID="$events_id" timeout 100 cmake --build "$build" --target watch-events > events.txt 2>&1 &
watcher=$!
sees_events() {
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
rm "$build/packets.bpf.o" # of `ebpf`, which makes it again
target ebpf
test -s "$build/packets.bpf.o" || fail "ebpf did not build the object"
target codegen
target inspect-help
for name in $(sed -n 's/^\([a-z-]*\) *|.*/\1/p' "$rows"); do
  says "$name"
done

for name in list-progs list-maps list-links map-memory dump-prog net-show feature-probe relocations globals; do
  document $name
done
document dump-map
document dump-map=one --map-id "$map_id" --key 0
document update-map --map-id "$map_id" --key 0 --value '{.packets = 9}'
document watch-map --map-id "$map_id" --count 1 --interval 0.1
document net-attach --prog-id "$id" --interface watched --mode xdpgeneric
document detach
document detach=named --interface watched --yes
document stats --count 1 --interval 0.1
document profile --interval 0.1
document xdp-advice --interval 0.1
document btf-dump
document btf-dump=loaded --prog-id "$id"
document visualize --format dot --output drawn
document visualize=loaded --prog count_packets --format dot --output loaded
document verbose-load
(while :; do sleep 0.1; done) & # each sleep is an event
maker=$!
document watch-events --map-id "$events_id" --count 1
kill $maker

# Pins, and what is left of a loader that was killed.
target pin-prog PROG=count_packets PIN=/sys/fs/bpf/watched
says "/sys/fs/bpf/watched: program $id"
target pin-map MAP=counters PIN=/sys/fs/bpf/counted
says "/sys/fs/bpf/counted: map $map_id"
document pin-prog --prog process_exec --pin /sys/fs/bpf/exec
document pin-map --map-id "$events_id" --pin /sys/fs/bpf/events
document show-pinned
document unpin /sys/fs/bpf/exec /sys/fs/bpf/events --yes
target show-pinned
says "/sys/fs/bpf/watched" "/sys/fs/bpf/counted" "kernel-watch ($packets)"
refuse "choose a path in /sys/fs/bpf" pin-prog PROG=count_packets PIN=/nowhere/watched
end_application
target unpin
says "/sys/fs/bpf/watched"
target unpin YES=1
target detach YES=1
target_says "This project has none in the kernel." list-progs
target show-pinned
grep -qF watched output.txt && fail "the pin is still there"

# The loader, and the kernel's trace, as far as this kernel has one.
target load LOAD_ARGS="--btf-info"
says "Here: kernel types come from"
echo tracelog >> targets_run.txt
if mount -t tracefs tracefs /sys/kernel/tracing 2> /dev/null && test -e /sys/kernel/tracing/trace_marker; then
  : > trace.txt
  timeout 100 cmake --build "$build" --target tracelog > trace.txt 2>&1 &
  watcher=$!
  sees_mark() {
    echo "a mark of targets.sh" > /sys/kernel/tracing/trace_marker
    grep -qF "a mark of targets.sh" trace.txt
  }
  wait_until sees_mark
  kill $watcher 2> /dev/null || true
  wait $watcher || true
elif timeout 1 cmake --build "$build" --target tracelog > output.txt 2>&1; then
  fail "tracelog ended by itself: $(cat output.txt)"
fi

for name in $(sed -n 's/^\([a-z-]*\) *|.*/\1/p' "$rows"); do
  grep -qx "$name" targets_run.txt || fail "this test does not run the target '$name'"
done
