#!/usr/bin/env bash
# A build of the same sources in another directory, with other file times and without a compiler cache, gives the same
# packages as the first, byte for byte: the ready objects of the runtime are in them.
# shellcheck source=tests/distribution/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

command -v git >/dev/null 2>&1 || skip "git, which tells the files of the sources, is not installed"
rm -rf "$work_dir"
mkdir -p "$work_dir/other sources"
(cd "$source_dir" && git ls-files -z --cached --others --exclude-standard |
  tar --null --files-from=- --ignore-failed-read -cf -) | tar -C "$work_dir/other sources" -xmf -
mapfile -t kinds < <(kinds_of_this_system)
umask 027
CCACHE_DISABLE=1 "$work_dir/other sources/scripts/package" --no-install --build-dir "$work_dir/other build" "${kinds[@]}"
compare_packages "$packages_dir" "$work_dir/other build"
rm -rf "$work_dir"
