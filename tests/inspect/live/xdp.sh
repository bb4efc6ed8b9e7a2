# shellcheck shell=sh
# xdp-advice: the mode of XDP programs, and the rate that their time allows.
. "$(dirname "$0")/steps.sh"

inspect xdp-advice
says "No network interface runs an XDP program."
refuse "INTERFACE 'nowhere': there is no such network interface" xdp --interface nowhere
start xdp
inspect xdp --interface lo --interval 0.5
says "live_xdp"
says "generic: the kernel first makes a socket buffer"
inspect xdp-advice --interval 0.5 --json
says '"mode": "generic"'
says '"interface": "lo"'
# The application runs the program a hundred times a second, so there is an average.
says_not '"average_ns": null'
says_not '"most_packets_per_second_of_one_core": null'
# Its maps: memory, what a per-CPU map would take, and a ring buffer.
inspect xdp --interval 0.3
says "Maps of these programs:"
says "live_counts"
if test "$(nproc)" -gt 1; then
  says "a percpu_array avoids that"
  says "so a CPU meets another one there in at most"
  says "If it only counts, a percpu_hash has neither wait. It would take about"
  inspect xdp --interval 0.3 --json
  grep -qE '"busy_cpu_share": (0\.0*[1-9]|[0-9.]+e-)' inspected.txt || fail "the programs took no time: $(cat inspected.txt)"
fi
stop
inspect detach --yes
start xdp every-packet
tries=0
until inspect xdp --interval 0.3 && grep -q "so that the kernel drops records" inspected.txt; do
  tries=$((tries + 1))
  test $tries -lt 60 || fail "the ring buffer of 4096 bytes is never full: $(cat inspected.txt)"
done
says "FULL"
inspect xdp --interval 0.1 --json
says '"was_full": true'
cp inspected.txt xdp-advice=full.json
stop
inspect detach --yes
start xdp every-packet consume
inspect xdp --interval 0.3
says_not "FULL"
INTERFACE=lo INTERVAL=0.1 cmake --build "$build" --target xdp-advice > inspected.txt
says "at most packets/s"
stop
inspect detach --yes
