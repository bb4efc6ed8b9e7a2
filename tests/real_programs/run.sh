#!/usr/bin/env bash
# Compares automatic bindings with the whole header over programs that others wrote: tracing tools
# of bcc and perf, the kernel's selftests (tracing, networking, LSM, cgroup, iterators, struct_ops),
# samples, schedulers and HID programs, systemd's.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: run.sh [--help] --compare PROGRAM --work DIR [--cache DIR] [--] ARGUMENT...

Gets the sources (fetch.sh), lists them with the include directories that their own makefiles give, and
runs PROGRAM --list FILE --work-directory DIR ARGUMENT...

  --compare PROGRAM  ebpfkit_real_programs
  --work DIR         for what is unpacked and made
  --cache DIR        for downloads, kept between runs; default: the environment variable
                     EBPFKIT_REAL_PROGRAMS_CACHE, else a directory in DIR

Exit status: PROGRAM's; 77 when there are no sources.
USAGE
}

compare="" work="" cache=""
while [ $# -gt 0 ]; do
  case "$1" in
    --help | -h) usage; exit 0 ;;
    --compare) compare=${2:?--compare needs a program}; shift 2 ;;
    --work) work=${2:?--work needs a directory}; shift 2 ;;
    --cache) cache=${2:?--cache needs a directory}; shift 2 ;;
    --) shift; break ;;
    *) break ;;
  esac
done
if [ -z "$compare" ] || [ -z "$work" ]; then
  echo "error: --compare and --work are needed; see --help." >&2
  exit 2
fi
cache=${cache:-${EBPFKIT_REAL_PROGRAMS_CACHE:-$work/cache}}
sources="$work/sources"

kernel=""
for pattern in tools/testing/selftests/bpf/'*.h' tools/testing/selftests/bpf/progs/'*' \
  tools/testing/selftests/sched_ext/'*' tools/testing/selftests/hid/'*' tools/lib/bpf/'*.h' \
  tools/include/'*' tools/sched_ext/'*' tools/perf/util/bpf_skel/'*' tools/bpf/'*' samples/bpf/'*' \
  drivers/hid/bpf/progs/'*' include/uapi/linux/bpf.h scripts/bpf_doc.py; do
  kernel+="${kernel:+,}*/$pattern"
done
"$(dirname "${BASH_SOURCE[0]}")/fetch.sh" --cache "$cache" --output "$sources" \
  'bpfcc=*/libbpf-tools/*.c,*/libbpf-tools/*.h' 'systemd=*/src/*.bpf.c,*/src/*.h' \
  'xdp-tools=*.bpf.c,*/headers/*,*/lib/*.h' "linux-6.12/linux=$kernel"

# The kernel's programs need the libbpf beside them. A script generates its list of helpers.
linux="$sources/linux"
if [ -d "$linux" ] && command -v python3 >/dev/null 2>&1; then
  mkdir -p "$linux/libbpf/bpf"
  cp "$linux"/tools/lib/bpf/*.h "$linux/libbpf/bpf/"
  python3 "$linux/scripts/bpf_doc.py" --header --filename "$linux/include/uapi/linux/bpf.h" \
    >"$linux/libbpf/bpf/bpf_helper_defs.h"
fi

# list <group> <directory> <name pattern> <flag>...: prints lines for --list.
list() {
  local group=$1 directory=$2 names=$3 flags=""
  shift 3
  [ -d "$directory" ] || return 0
  [ $# -eq 0 ] || flags=$(printf '\t%s' "$@")
  find "$directory" -name "$names" | LC_ALL=C sort | while read -r source; do
    printf '%s\t%s%s\n' "$group" "$source" "$flags"
  done
}

selftests="$linux/tools/testing/selftests"
api=("-I$linux/libbpf" "-I$linux/tools/include/uapi" -std=gnu11 -fno-strict-aliasing)
scheduler=("-I$linux/tools/sched_ext/include" "-I$linux/tools/sched_ext/include/bpf-compat"
  "-I$linux/libbpf" "-I$linux/tools/include")
{
  list bcc "$sources/bpfcc/libbpf-tools" '*.bpf.c' "-I$sources/bpfcc/libbpf-tools"
  list systemd "$sources/systemd/src" '*.bpf.c' "-I$sources/systemd/src" "-D__$(uname -m)__"
  list xdp-tools "$sources/xdp-tools" '*.bpf.c' "-I$sources/xdp-tools/headers"
  list selftests "$selftests/bpf/progs" '*.c' "-I$selftests/bpf" "${api[@]}"
  list sched_ext "$linux/tools/sched_ext" '*.bpf.c' "${scheduler[@]}"
  list sched_ext "$selftests/sched_ext" '*.bpf.c' "${scheduler[@]}"
  list hid "$linux/drivers/hid/bpf/progs" '*.bpf.c' "-I$linux/libbpf"
  list hid "$selftests/hid/progs" '*.c' "-I$linux/libbpf"
  list perf "$linux/tools/perf/util/bpf_skel" '*.bpf.c' "-I$linux/libbpf"
  list bpftool "$linux/tools/bpf" '*.bpf.c' "-I$linux/libbpf"
  list samples "$linux/samples/bpf" '*.bpf.c' "-I$linux/samples/bpf" "-I$selftests/bpf" "${api[@]}"
} >"$work/list"
exec "$compare" --list "$work/list" --work-directory "$work" --report "$work/report.txt" "$@"
