# shellcheck shell=sh
# On a terminal: questions before something is removed, tables that refresh, Ctrl-C.
. "$(dirname "$0")/steps.sh"
command -v script > /dev/null || fail "script(1) is not there (package bsdutils or util-linux-script)"

# on_terminal <input> <word>...: runs the command on a terminal of its own, and types the input.
on_terminal() {
  input=$1
  shift
  (sleep 0.7; printf '%b' "$input"; sleep 0.7) \
    | script -qec "'$ebpfkit' inspect '$object' $*" /dev/null > inspected.txt 2>&1 || true
}

start xdp
stop
on_terminal 'n\n' detach --prog live_xdp
says "live_xdp"
inspect xdp-advice --interval 0.1
says live_xdp
on_terminal 'y\n' detach --prog live_xdp
inspect xdp-advice --interval 0.1
says "No network interface runs an XDP program."

# A table, again and again, until Ctrl-C.
start
on_terminal '\003' watch-map --map live_counts --interval 0.1
says "Ctrl-C ends"
tables=$(grep -c "Ctrl-C ends" inspected.txt)
test "$tables" -ge 2 || fail "the table does not refresh: $(cat inspected.txt)"
on_terminal '\003' watch-events --map live_events
on_terminal '\003' stats --prog live_xdp --interval 0.1
says "live_xdp"
# The kernel no longer counts, and nothing of the commands is left.
if test "$(cat /proc/sys/kernel/bpf_stats_enabled)" = 0; then
  runs() { "$ebpfkit" inspect "$object" list-progs --json | grep '"run_count"'; }
  first=$(runs)
  sleep 0.3
  test "$first" = "$(runs)" || fail "the kernel still counts"
fi
ps -eo args > processes.txt || fail "ps(1) does not run"
! grep -E "live\.bpf\.o (watch|stats)" processes.txt || fail "a command still runs: $(cat processes.txt)"
stop
