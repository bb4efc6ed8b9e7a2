# shellcheck shell=sh
# update-map, net-attach and visualize: what people do to maps and programs that are loaded.
. "$(dirname "$0")/steps.sh"

refuse "no map in the kernel has the name 'live_prices'" update-map --map live_prices --key 1 --value 2
start
# A hash with records: a new entry begins with zeros, an old one keeps what is not written.
inspect update-map --map live_prices --key '{.row = 3, .shelf = "a1"}' --value '{.amount = -5}'
says '{.row = 3, .shelf = "a1"}: no entry -> {.amount = -5, .state = "IDLE"}'
inspect update-map --map live_prices --key '{3, "a1"}' --value '{.state = BUSY}' --json
says '"amount": -5'
says '"before"'
inspect dump-map --map live_prices --key '{.row=3,.shelf="a1"}'
says '1 of at most 4 entries'
says '{.amount = -5, .state = "BUSY"}'
refuse "map 'live_prices' has no entry with the key {.row = 4" dump-map --map live_prices --key '{4, "a1"}'
KEY='{3, "a1"}' DELETE=1 MAP=live_prices cmake --build "$build" --target update-map > inspected.txt
says '{.amount = -5, .state = "BUSY"} -> no entry'
refuse "map 'live_prices' has no entry with this key" update-map --map live_prices --key '{3, "a1"}' --delete
# An array, and a map with a value for each CPU.
inspect update-map --map live_counts --key 1 --value 77
inspect dump-map --map live_counts --key 1 --json
says '"value": 77'
inspect update-map --map live_per_cpu --key 0 --value 5
inspect dump-map --map live_per_cpu
cpus=$(grep -o '5' inspected.txt | wc -l)
test "$cpus" -ge 1 || fail "no CPU has the value: $(cat inspected.txt)"
refuse "cannot remove an entry of map 'live_counts'" update-map --map live_counts --key 1 --delete
says "does not allow it"
refuse "cannot write an entry of map 'live_counts'" update-map --map live_counts --key 2 --value 1
refuse "no value for the value of map 'live_counts' (__u64)" update-map --map live_counts --key 1 --value -1
refuse "no value for the key of map 'live_prices'" update-map --map live_prices --key 12 --value '{}'
refuse "stand for open descriptors" update-map --map live_samples --key 0 --value 3
refuse "update-map: no key is given" update-map --map live_counts
refuse "update-map: no value is given" update-map --map live_counts --key 1
refuse "that is to be removed" update-map --map live_counts --key 1 --value 2 --delete
# The kernel froze .rodata.
refuse "The map is frozen" update-map --map live_bpf.rodata --key 0 --value 'hex 1 2 3 4'

# One program and one map, by name.
inspect list-progs --prog live_tc
says live_tc
says_not live_xdp
MAP=live_counts cmake --build "$build" --target list-maps > inspected.txt
says live_counts
says_not live_prices

# A program that is loaded is attached, and removed.
refuse "net-attach: no network interface is named" net-attach --prog live_xdp
refuse "MODE 'fast' is no mode of XDP" net-attach --prog live_xdp --interface lo --mode fast
refuse "has the type sched_cls, and not xdp" net-attach --prog live_tc --interface lo
refuse "INTERFACE 'nowhere'" net-attach --prog live_xdp --interface nowhere
inspect net-attach --prog live_xdp --interface lo --mode xdpgeneric
says "is attached to lo (xdpgeneric)"
inspect xdp-advice --interval 0.1
says live_xdp
refuse "bpftool net attach" net-attach --prog live_xdp --interface lo --mode xdpgeneric
inspect detach --interface lo --yes
inspect xdp-advice --interval 0.1
says "No network interface runs an XDP program."
refuse "INTERFACE 'nowhere'" feature-probe --interface nowhere

# The picture of a loaded program has the helpers' and maps' names, and the lines.
inspect visualize --prog live_xdp --format dot --output drawn --instructions --json
says '"program_id"'
cat drawn/live_xdp-*.live_xdp.dot > inspected.txt
says "live_counts"
says "bpf_ringbuf_reserve"
says "__sync_fetch_and_add(count,"
says "exit"
refuse "an object and a program in the kernel are named" visualize "$build/live.bpf.o" --prog live_xdp
refuse "does not fit a program in the kernel" visualize --prog live_xdp --visits "$0"
stop
