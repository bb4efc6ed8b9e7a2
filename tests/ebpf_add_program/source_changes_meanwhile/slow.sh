# shellcheck shell=sh
# A compiler that takes its time: somebody saves the source after the compiler has read it, and before it has
# written the object. usage: slow.sh <directory of the source> <compiler> <argument>...
directory=$1
shift
"$@" || exit
if [ -e "$directory/saved.c" ]; then
  sleep 1.1
  cat "$directory/saved.c" >"$directory/prog.bpf.c"
  rm "$directory/saved.c"
  sleep 1.1
  while [ "$1" != -o ]; do
    shift
  done
  touch "$2"
fi
