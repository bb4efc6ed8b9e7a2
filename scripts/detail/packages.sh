# Sourced by the scripts beside this directory: installs what is missing through the system's package
# manager, after saying what.

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    printf 'error: %s needs root, and there is no sudo.\n  Run it as root: %s\n' "$1" "$*" >&2
    return 1
  fi
}

# need <group>...: installs the packages of the groups that are not installed yet.
need() {
  local debian="" fedora="" group
  for group in "$@"; do
    case "$group" in
      build)
        debian+=" cmake ninja-build g++ clang bpftool libbpf-dev libelf-dev zlib1g-dev libmd-dev"
        debian+=" liblzma-dev libzstd-dev liblz4-dev libarchive-dev libcli11-dev libfmt-dev nlohmann-json3-dev"
        fedora+=" cmake ninja-build gcc-c++ clang bpftool libbpf-devel elfutils-libelf-devel zlib-devel"
        fedora+=" libmd-devel xz-devel libzstd-devel lz4-devel libarchive-devel cli11-devel fmt-devel json-devel"
        ;;
      test)
        debian+=" make ccache clangd libclang-rt-dev llvm dwarves bindgen libgtest-dev libgmock-dev git iproute2 python3 xz-utils"
        fedora+=" make ccache clang-tools-extra compiler-rt llvm dwarves bindgen-cli gtest-devel gmock-devel git iproute iproute-tc python3 xz"
        ;;
      format)
        debian+=" clang-format cmake-format"
        fedora+=" clang-tools-extra cmake-format"
        ;;
    esac
  done

  local missing="" package
  if command -v dpkg-query >/dev/null 2>&1; then
    for package in $debian; do
      dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
        missing+=" $package"
    done
    [ -z "$missing" ] && return 0
    printf 'Installing with apt-get:%s\n' "$missing"
    as_root apt-get update -q
    # shellcheck disable=SC2086 # a list of package names
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
  elif command -v dnf >/dev/null 2>&1; then
    for package in $fedora; do
      rpm -q --quiet "$package" || missing+=" $package"
    done
    [ -z "$missing" ] && return 0
    printf 'Installing with dnf:%s\n' "$missing"
    # shellcheck disable=SC2086
    as_root dnf install -y $missing
  else
    printf 'warning: neither apt-get nor dnf is here; these must be installed already:%s\n' "$debian" >&2
  fi
}
