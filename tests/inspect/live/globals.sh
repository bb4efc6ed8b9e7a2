# shellcheck shell=sh
# globals: shows variables, and changes those that programs may change.
. "$(dirname "$0")/steps.sh"

refuse "the kernel has no program of this project" globals
refuse "globals: '=5' is no NAME=VALUE" globals live_xdp =5
start
inspect globals
for text in live_step .rodata "(read-only)" live_level -3 live_limit 1000 BUSY "{1, 2, 3, 4}"; do
  says "$text"
done
inspect globals live_xdp live_limit=7 live_level=-32768 live_enabled=false live_state=IDLE --json
inspect globals live_xdp --json
says '"value": 7'
says '"value": -32768'
says '"value": false'
says '"value": "IDLE"'
says '"value": 3'
says '"type": "__s16"'
# The program runs on, with the new value.
inspect globals live_xdp live_runs=0x1000000000
inspect globals live_xdp --json
says '"value": 68719'

refuse "the variable 'live_step' is in .rodata, which nobody can change" globals live_xdp live_step=1
says "froze it before it loaded the program"
refuse "'32768' is no value for the variable 'live_level' (__s16)" globals live_xdp live_level=32768
says "from -32768 to 32767"
refuse "from 0 to 4294967295" globals live_xdp live_limit=-1
refuse "Write true or false." globals live_xdp live_enabled=2
refuse "Write a constant of the enum" globals live_xdp live_state=NONE
refuse "no global variable 'nothing'" globals live_xdp nothing=1
refuse "'1' is no value for the variable 'live_bytes' (__u8 [4])" globals live_xdp live_bytes=1
inspect globals live_xdp "live_bytes={9, 8}"
inspect globals live_xdp
says "{9, 8, 3, 4}"
# Nothing changes when one of several is wrong.
refuse "no global variable 'nothing'" globals live_xdp live_limit=8 nothing=1
inspect globals live_xdp --json
says '"value": 7'
says_not '"value": 8,'
VALUES="live_limit=9 live_enabled=true" PROG=live_xdp \
  cmake --build "$build" --target globals > inspected.txt
says " 9"
stop
