# shellcheck shell=sh
# stats and profile: runs, average times and shares of programs.
. "$(dirname "$0")/steps.sh"

refuse "the kernel has no program of this project" stats --count 1
refuse "INTERVAL '0' is no number of seconds" stats --interval 0
start
before=$(cat /proc/sys/kernel/bpf_stats_enabled)
inspect stats --count 2 --interval 0.5
says "average ns"
says "live_xdp"
test "$(grep -c 'CPU %' inspected.txt)" = 2 || fail "not two intervals: $(cat inspected.txt)"
inspect stats --prog live_xdp --count 1 --interval 0.5 --json
says '"command":"stats"'
says '"interval_seconds":0.'
# It ran meanwhile, and the kernel measured it.
says_not '"runs":0'
says_not '"average_ns":null'
test "$(cat /proc/sys/kernel/bpf_stats_enabled)" = "$before" || fail "the setting changed"
PROG=live_tc COUNT=1 INTERVAL=0.1 JSON=1 cmake --build "$build" --target stats > inspected.txt
says '"average_ns":null'

# When it was killed, the kernel no longer counts. (A shell lets its children in the background ignore SIGINT.)
"$ebpfkit" inspect "$object" stats --interval 0.1 > inspected.txt 2>&1 &
watcher=$!
wait_until grep -q live_xdp inspected.txt
kill -KILL $watcher
wait $watcher || true
runs() { "$ebpfkit" inspect "$object" list-progs --json | grep '"run_count"'; }
if test "$before" = 0; then
  first=$(runs)
  sleep 0.3
  test "$first" = "$(runs)" || fail "the kernel still counts"
fi

inspect profile --prog live_xdp --interval 0.5 --json
says '"command": "profile"'
says '"has_hardware_counters": '
inspect profile --prog live_xdp --interval 0.5
grep -qE "cycles|Cycles and instructions cannot be counted" inspected.txt || fail "no profile"
says "live_xdp"
stop
