# shellcheck shell=bash
# scripts/demo and scripts/test source this file. It runs them in a root directory of another Debian release.
#
#   this machine's apt -> mirror -> mmdebstrap -> root in the cache -> copy of the sources -> README's command
#
# mmdebstrap makes each root once. The root's name has a digest of modules/detail/packages.txt: when the table
# changes, the next run gets a fresh root, in which the scripts must install every package themselves.
# Needs packages.sh and the variable source_dir.
# shellcheck disable=SC2154 # packages_table and source_dir are theirs

# system_suite <system>: prints the name that Debian's mirrors have for debian/12, debian/13 or debian/sid.
system_suite() {
  case "$1" in
    debian/12) printf 'bookworm\n' ;;
    debian/13) printf 'trixie\n' ;;
    debian/sid) printf 'sid\n' ;;
    *)
      printf "error: --system '%s' is not known.\n  Use one of: debian/12, debian/13, debian/sid\n" "$1" >&2
      return 2
      ;;
  esac
}

# system_mirror: prints the address of the Debian mirror that apt on this machine uses.
system_mirror() {
  local mirror=
  if command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2016 # apt-get expands the format
    mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' |
      sed -n 's/^Debian Debian //p' | head -n 1)
  fi
  if [ -z "$mirror" ]; then
    printf 'error: --system takes packages from the Debian mirror of apt, and apt has none on this machine.\n' >&2
    printf '  Run it on Debian, or add a Debian mirror to /etc/apt/sources.list.d and call apt-get update.\n' >&2
    return 1
  fi
  printf '%s\n' "$mirror"
}

# check_mirror_has <suite> <mirror>: fails with 3 when the mirror does not have the release.
check_mirror_has() {
  local suite=$1 mirror=$2 directory status=0
  directory=$(mktemp -d)
  # apt downloads as the user _apt, who must be able to write there.
  chmod 777 "$directory"
  /usr/lib/apt/apt-helper download-file "$mirror/dists/$suite/InRelease" "$directory/InRelease" >&2 || status=3
  rm -rf "$directory"
  if [ "$status" -ne 0 ]; then
    printf "error: the mirror that apt uses on this machine does not have the release '%s'.\n" "$suite" >&2
    printf '  Choose another --system, or another mirror in /etc/apt/sources.list.d.\n' >&2
  fi
  return "$status"
}

# system_root <system>: makes the root of the system unless the cache has it, and prints its path.
system_root() {
  local system=$1 suite mirror cache digest root proxy
  # A mirror may be a snapshot that is older than the days for which a release is valid. apt still checks the
  # signatures.
  local -a options=(--variant=minbase --include=ca-certificates
    '--aptopt=Acquire::Check-Valid-Until "false"')
  suite=$(system_suite "$system") && mirror=$(system_mirror) || return
  digest=$(sha256sum <"$packages_table")
  cache="${EBPFKIT_SYSTEMS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ebpfkit/systems}"
  root="$cache/${system/\//-}-${digest:0:12}"
  if [ ! -e "$root" ]; then
    check_mirror_has "$suite" "$mirror" || return
    printf '== Making a root of %s in %s\n' "$system" "$root" >&2
    mkdir -p "$cache"
    # A run that was killed leaves a directory of this name.
    as_root rm -rf "$root.incomplete"
    proxy=$(apt-config dump --format '%f "%v";%n' Acquire::http::Proxy)
    if [ -n "$proxy" ]; then options+=("--aptopt=$proxy"); fi
    as_root mmdebstrap "${options[@]}" "$suite" "$root.incomplete" "$mirror" >&2 || {
      printf 'error: mmdebstrap cannot make a root of %s from the mirror that apt uses.\n' "$system" >&2
      printf '  Its lines above say why.\n' >&2
      return 1
    }
    as_root mv "$root.incomplete" "$root"
  fi
  printf '%s\n' "$root"
}

# copy_to_system <root>: makes a fresh copy of this tree's files in the root, below a directory with a space in
# its name, and prints the copy's path in the root. Copies what git tracks and what it does not ignore.
copy_to_system() {
  local root=$1 directory="/root/fresh copy/EbpfKit"
  as_root rm -rf "$root$directory"
  as_root mkdir -p "$root$directory"
  (cd "$source_dir" && git ls-files -z --cached --others --exclude-standard |
    tar --null --files-from=- --ignore-failed-read -cf -) |
    as_root tar -xf - -C "$root$directory" --no-same-owner
  printf '%s\n' "$directory"
}

# in_system <root> <directory> <command>...: runs the command in the directory of the root. The command sees this
# machine's devices, and the running kernel in /sys. Its mounts belong to a mount namespace of its own, so they
# end with it. Of the environment only CI reaches the command.
in_system() {
  local root=$1 directory=$2 launcher=
  shift 2
  # Compiled files outlive the copy of the sources, once the root has ccache.
  if [ -x "$root/usr/bin/ccache" ]; then launcher=ccache; fi
  # The root is mounted on itself, because a process whose root is not a mount point cannot get user namespaces
  # (user_namespaces(7), EPERM).
  # shellcheck disable=SC2016 # the inner shell expands it
  as_root unshare --mount --propagation private sh -c '
    set -e
    root=$1
    directory=$2
    launcher=$3
    shift 3
    mount --bind "$root" "$root"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    for shared in dev sys; do mount --rbind "/$shared" "$root/$shared"; done
    # An init system mounts bpffs; a container may have none. A kernel without BPF has no such directory.
    if [ -d "$root/sys/fs/bpf" ] && ! grep -q " /sys/fs/bpf bpf " /proc/self/mounts; then
      mount -t bpf bpf "$root/sys/fs/bpf" || printf "No bpffs can be mounted here.\n" >&2
    fi
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/tmp"
    exec chroot "$root" env -i HOME=/root LANG=C.UTF-8 TERM=dumb ${CI:+"CI=$CI"} \
      ${launcher:+"CMAKE_C_COMPILER_LAUNCHER=$launcher" "CMAKE_CXX_COMPILER_LAUNCHER=$launcher"} \
      CCACHE_DIR=/var/cache/ccache CCACHE_NOHASHDIR=1 \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      sh -c "cd \"\$1\" && shift && exec \"\$@\"" sh "$directory" "$@"
  ' sh "$root" "$directory" "$launcher" "$@"
}

# run_in_system <system> <command>...: runs the command in a fresh copy of this tree in the root of the system.
run_in_system() {
  local system=$1 root directory
  shift
  system_suite "$system" >/dev/null || return
  need system
  root=$(system_root "$system") || return
  directory=$(copy_to_system "$root") || return
  printf '== Running in %s: %s\n' "$system" "$*"
  in_system "$root" "$directory" "$@"
}
