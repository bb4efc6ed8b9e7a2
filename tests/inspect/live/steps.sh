# shellcheck shell=sh
# What the scripts of this case share. $1: ebpfkit, $2: the directory with the application, $3: its object.
# check.cmake runs each script in namespaces of its own: a bpffs and a network that nobody else has.
set -eu
ebpfkit=$1
build=$2
application=$build/application
object=--object=live=$3
mount -t bpf bpf /sys/fs/bpf
running=

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# wait_until <command>...: waits until the command succeeds; the kernel frees what nobody holds later.
wait_until() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    test $tries -lt 400 || fail "never true: $*"
    sleep 0.05
  done
}

# is_gone: the kernel has nothing of the project.
is_gone() {
  for list in list-progs list-maps; do
    "$ebpfkit" inspect "$object" $list > inspected.txt 2>&1
    grep -qF "This project has none in the kernel." inspected.txt || return 1
  done
}

# start [<argument>...]: starts the application and waits until it is ready. The one before must be gone.
start() {
  wait_until is_gone
  : > output.txt
  "$application" "$@" > output.txt 2>&1 &
  running=$!
  while ! grep -q '^ready' output.txt; do
    kill -0 "$running" 2> /dev/null || fail "the application ended: $(cat output.txt)"
    sleep 0.05
  done
}

# stop: kills the application.
stop() {
  kill -9 "$running"
  wait "$running" 2> /dev/null || true
  running=
}
trap 'test -z "$running" || kill -9 "$running"' EXIT

# inspect <word>...: the command with the project's object. The last output is in inspected.txt.
inspect() {
  "$ebpfkit" inspect "$object" "$@" > inspected.txt 2>&1 || fail "inspect $*: $(cat inspected.txt)"
}

# refuse <text> <word>...: the command must fail and say <text>.
refuse() {
  wanted=$1
  shift
  if "$ebpfkit" inspect "$object" "$@" > inspected.txt 2>&1; then
    fail "inspect $* succeeded: $(cat inspected.txt)"
  fi
  says "$wanted"
}

# says <text>: requires that the last command printed the text.
says() {
  grep -qF -e "$1" inspected.txt || fail "the output lacks '$1': $(cat inspected.txt)"
}

says_not() {
  ! grep -qF -e "$1" inspected.txt || fail "the output has '$1': $(cat inspected.txt)"
}

# The kernel may still free what the script before had.
wait_until is_gone
