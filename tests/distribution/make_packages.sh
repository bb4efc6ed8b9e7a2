#!/usr/bin/env bash
# Makes the packages of this system, twice: the second time with other rights and in another time zone.
# shellcheck source=tests/distribution/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

mapfile -t kinds < <(kinds_of_this_system)
rm -f "$packages_dir"/*.deb "$packages_dir"/*.rpm "$packages_dir"/*.tar.zst
"$source_dir/scripts/package" --no-install --build-dir "$packages_dir" "${kinds[@]}"
rm -rf "$work_dir"
mkdir -p "$work_dir"
mv "$packages_dir"/*.tar.zst "$work_dir/"
for kind in deb rpm; do
  for package in "$packages_dir"/*."$kind"; do
    if [ -e "$package" ]; then mv "$package" "$work_dir/"; fi
  done
done
find "$packages_dir" -name '*.cmake' -exec touch {} +
(umask 077 && export TZ=Asia/Tokyo && "$source_dir/scripts/package" --no-install --build-dir "$packages_dir" "${kinds[@]}")
compare_packages "$work_dir" "$packages_dir"
