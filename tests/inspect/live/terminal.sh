# shellcheck shell=sh
# On a terminal: questions before something is removed, tables that refresh, Ctrl-C.
. "$(dirname "$0")/steps.sh"
command -v script > /dev/null || fail "script(1) is not there (package bsdutils or util-linux-script)"
ctrl_c='\003'

# has_shown <count> <text>: whether the terminal shows the text so often.
has_shown() { test "$(grep -oF -e "$2" inspected.txt | wc -l)" -ge "$1"; }
has_ended() { test -e ended.txt; }

# on_terminal <count> <text> <input> <word>...: runs the command on a terminal of its own. Types the input when the
# terminal shows the text so often. An empty text: after half a second.
on_terminal() {
  count=$1
  text=$2
  input=$3
  shift 3
  rm -f ended.txt
  : > inspected.txt
  {
    if test -z "$text"; then sleep 0.5; else wait_until has_shown "$count" "$text"; fi
    printf '%b' "$input"
    # script(1) types the end of its own input, too.
    wait_until has_ended
  } | {
    timeout 60 script -qefc "'$ebpfkit' inspect '$object' $*" /dev/null > inspected.txt 2>&1 || true
    : > ended.txt
  }
  test -z "$text" || has_shown "$count" "$text" || fail "the terminal lacks '$text': $(cat inspected.txt)"
}

# Only a yes is a yes.
start xdp
stop
for answer in 'n\n' '\n' "$ctrl_c"; do
  on_terminal 1 "Detach these? [y/N]" "$answer" detach --prog live_xdp
  says_not "Detached program"
  inspect xdp-advice --interval 0.1
  says live_xdp
done
on_terminal 1 "Detach these? [y/N]" 'y\n' detach --prog live_xdp
says "Detached program"
inspect xdp-advice --interval 0.1
says "No network interface runs an XDP program."

start map=/sys/fs/bpf/counts
stop
for answer in 'n\n' "$ctrl_c"; do
  on_terminal 1 "Remove these pins? [y/N]" "$answer" unpin
  test -e /sys/fs/bpf/counts || fail "unpin removed without a yes"
done
on_terminal 1 "Remove these pins? [y/N]" 'y\n' unpin
test ! -e /sys/fs/bpf/counts || fail "unpin kept the pin behind a yes"

# A table, again and again, until Ctrl-C.
start every-packet
pins=$(ls /sys/fs/bpf)
programs() { "$ebpfkit" inspect "$object" list-progs --json | grep '"id"'; }
before=$(programs)
on_terminal 2 "Ctrl-C ends" "$ctrl_c" watch-map --map live_counts --interval 0.1
on_terminal 2 "live_event {" "$ctrl_c" watch-events --map live_events
on_terminal 2 "live_xdp" "$ctrl_c" stats --prog live_xdp --interval 0.1
on_terminal 0 "" "$ctrl_c" profile --prog live_xdp --interval 60
on_terminal 0 "" "$ctrl_c" xdp-advice --interval 60
on_terminal 0 "" "$ctrl_c" verbose-load
# The kernel no longer counts, and nothing of the commands is left.
if test "$(cat /proc/sys/kernel/bpf_stats_enabled)" = 0; then
  runs() { "$ebpfkit" inspect "$object" list-progs --json | grep '"run_count"'; }
  first=$(runs)
  sleep 0.3
  test "$first" = "$(runs)" || fail "the kernel still counts"
fi
has_no_more_programs() { test "$before" = "$(programs)"; }
wait_until has_no_more_programs
test "$pins" = "$(ls /sys/fs/bpf)" || fail "a pin is left: $(ls /sys/fs/bpf)"
ps -eo args > processes.txt || fail "ps(1) does not run"
! grep -F -e "$object" processes.txt || fail "a command still runs: $(cat processes.txt)"
stop
