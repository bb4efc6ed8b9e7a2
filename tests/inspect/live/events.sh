# shellcheck shell=sh
# watch-events: sees what the application sees, and takes nothing from it.
. "$(dirname "$0")/steps.sh"

refuse "the kernel has no map of this project" watch-events --count 1
start every-packet consume
refuse "map 'live_counts' (array) is no buffer of events" watch-events --map live_counts
refuse "TYPE 'nothing': no BTF of the project" watch-events --map live_events --type nothing
refuse "watch-events watches one buffer, and there are 2" watch-events
inspect watch-events --map live_events --count 5
says "live_event {.number = "
says '.length = 64, .state = "BUSY", .word = "packet"}'
says_not "nobody reads it"
# Each event once, in order, while the application takes them, too.
inspect watch-events --map live_events --count 40 --interval 0.05 --json
says '"type":"live_event"'
grep -o '"number":[0-9]*' inspected.txt | cut -d: -f2 > numbers.txt
test "$(wc -l < numbers.txt)" = 40 || fail "not 40 events: $(cat inspected.txt)"
sort -n -u numbers.txt | cmp - numbers.txt || fail "events come twice, or in another order"
first=$(head -1 numbers.txt)
test "$(tail -1 numbers.txt)" = $((first + 39)) || fail "events are missing: $(cat numbers.txt)"
inspect watch-events --map live_events --count 1 --type live_event
says "live_event {"
MAP=live_events COUNT=1 cmake --build "$build" --target watch-events > inspected.txt 2>&1
says "live_event {"
stop

# Nobody takes the events: they stay, however often one looks.
start every-packet
inspect watch-events --map live_events --count 40 --interval 0.02
inspect watch-events --map live_events --count 1 --json
says '"number":1,'
inspect watch-events --map live_events --count 1 --json
says '"number":1,'
# Who consumes takes them.
inspect watch-events --map live_events --count 3 --consume --json
says "The events are taken: application"
says '"number":3,'
inspect watch-events --map live_events --count 1 --json
says_not '"number":3,'

# Perf buffers have one reader for each CPU.
refuse "each CPU has one buffer with one reader" watch-events --map live_samples
says "CONSUME=1 (--consume) takes the events."
inspect watch-events --map live_samples --count 3 --consume
says 'live_event {.number = '
says '.state = "IDLE", .word = "sample"}'

# The process is gone, a pin keeps the buffer: nobody reads it.
inspect pin-map --map live_events --pin /sys/fs/bpf/events
stop
inspect watch-events --map live_events --count 1
says "nobody reads it"
inspect unpin --yes
