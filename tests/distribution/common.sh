# shellcheck shell=bash
# What the tests of packages share. They are called with the sources, the directory of the packages and a directory of
# their own.
set -euo pipefail
# shellcheck disable=SC2034 # the scripts that read this file use them
{
  source_dir=$1
  packages_dir=$2
  work_dir=$3
}

# fail <text>: ends the test.
fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

# skip <reason>: ends the test, which CTest then counts as skipped.
skip() {
  printf 'SKIPPED: %s\n' "$1"
  exit 0
}

# kinds_of_this_system: prints the kinds of packages that can be made here.
kinds_of_this_system() {
  printf 'tar.zst\n'
  if command -v dpkg-shlibdeps >/dev/null 2>&1; then printf 'deb\n'; fi
  if command -v rpmbuild >/dev/null 2>&1; then printf 'rpm\n'; fi
}

# compare_packages <directory> <directory>: fails unless both have the same packages, byte for byte.
compare_packages() {
  local package count=0
  for package in "$1"/*.deb "$1"/*.rpm "$1"/*.tar.zst; do
    if [ ! -e "$package" ]; then continue; fi
    cmp "$package" "$2/${package##*/}" || fail "two runs make two different ${package##*/}"
    count=$((count + 1))
  done
  [ "$count" -ge 1 ] || fail "there is no package in $1"
}
