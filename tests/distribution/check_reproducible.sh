#!/usr/bin/env bash
# A build of the same sources in another directory, with other file times and without a compiler cache, gives the same
# packages as the first, byte for byte: the ready objects of the runtime are in them.
# shellcheck source=tests/distribution/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

rm -rf "$work_dir"
mkdir -p "$work_dir/other sources"
# Not by git's list of files, which the unpacked sources of a release do not have: everything but git's own directory and
# build directories. Those have a usual name, or a CMakeCache.txt.
tar -C "$source_dir" --exclude=./.git --exclude="./build*" --exclude-tag-all=CMakeCache.txt -cf - . |
  tar -C "$work_dir/other sources" -xmf -
mapfile -t kinds < <(kinds_of_this_system)
umask 027
CCACHE_DISABLE=1 "$work_dir/other sources/scripts/package" --no-install --build-dir "$work_dir/other build" "${kinds[@]}"
compare_packages "$packages_dir" "$work_dir/other build"
rm -rf "$work_dir"
