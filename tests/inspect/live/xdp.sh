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
INTERFACE=lo INTERVAL=0.1 cmake --build "$build" --target xdp-advice > inspected.txt
says "at most packets/s"
stop
inspect detach --yes
