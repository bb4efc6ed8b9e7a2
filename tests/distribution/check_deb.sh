#!/usr/bin/env bash
# Installs the .deb with what it depends on in a clean root of this system's release, and nothing else. There it builds
# and runs the example project, and a project that `ebpfkit new` makes.
#
# The root stays in the cache with the dependencies installed. The .deb itself is removed again.
# shellcheck source=tests/distribution/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/detail/packages.sh
. "$source_dir/scripts/detail/packages.sh"
# shellcheck source=scripts/detail/system.sh
. "$source_dir/scripts/detail/system.sh"

[ "$(id -u)" -eq 0 ] || skip "making a root of Debian needs root"
command -v mmdebstrap >/dev/null 2>&1 || skip "mmdebstrap is not installed"
# shellcheck source=/dev/null # the file belongs to the system
system=$(. /etc/os-release && printf '%s/%s' "$ID" "${VERSION_ID-none}")
system_suite "$system" >/dev/null 2>&1 || skip "there are no roots of $system"
package=$(echo "$packages_dir"/ebpfkit_*.deb)
[ -e "$package" ] || fail "there is no .deb in $packages_dir"

# Other roots get packages that this one must not have.
cache="${EBPFKIT_SYSTEMS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ebpfkit/systems}/clean"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
status=0
root=$(EBPFKIT_SYSTEMS_CACHE=$cache system_root "$system") || status=$?
if [ "$status" -eq 3 ]; then skip "the mirror has no $system"; fi
[ "$status" -eq 0 ] || exit "$status"

rm -rf "$root/root/test"
mkdir -p "$root/root/test"
cp "$package" "$root/root/test/ebpfkit.deb"
cp -r "$source_dir/example-project" "$root/root/test/example"
# A build directory in the sources names this machine's tools.
rm -rf "$root/root/test/example/build"
cp "$(dirname "${BASH_SOURCE[0]}")/use_deb.sh" "$root/root/test/"
in_system "$root" /root/test bash use_deb.sh
rm -rf "$root/root/test"
