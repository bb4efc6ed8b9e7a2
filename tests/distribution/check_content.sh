#!/usr/bin/env bash
# What is in the packages.
# shellcheck source=tests/distribution/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

command -v zstd >/dev/null 2>&1 || fail "zstd is not installed. tar needs it to read the archive: install it."
rm -rf "$work_dir"
mkdir -p "$work_dir/tar" "$work_dir/deb"
version=$(sed -nE 's/^  VERSION ([0-9.]+)$/\1/p' "$source_dir/CMakeLists.txt")
archive=$(echo "$packages_dir/ebpfkit-$version-Linux-"*.tar.zst)

# check_tree <directory>: the files of a package, unpacked.
check_tree() {
  local file
  for file in usr/bin/ebpfkit usr/share/ebpfkit/modules/EbpfKit.cmake usr/share/ebpfkit/include/ebpfkit/object.hpp \
    usr/share/ebpfkit/presets/openwrt.json; do
    [ -f "$1/$file" ] || fail "$1 has no $file"
  done
  # A path of the build would be wrong on each other machine, and differ between two builds.
  if grep -rlF -e "$source_dir/" -e "$packages_dir" -e /_CPack_Packages/ "$1"; then
    fail "these files name a directory of the build"
  fi
  grep -q '"/usr/share/ebpfkit/modules/toolchains/' "$1/usr/share/ebpfkit/presets/openwrt.json" ||
    fail "the presets do not name the toolchain files below /usr"
  if [ -n "$(find "$1" -type f -perm /022)" ]; then fail "others may write files of the package"; fi
  [ "$("$1/usr/bin/ebpfkit" --version)" = "$version" ] || fail "the tool has another version"
}

# check_entries <listing of tar -tv>: one owner and one time.
check_entries() {
  local kinds
  kinds=$(awk '{ print $2, $4, $5 }' "$1" | sort -u)
  [ "$(printf '%s\n' "$kinds" | wc -l)" -eq 1 ] || fail "files of several owners or times: $kinds"
  [[ $kinds == root/root\ * ]] || fail "the files belong to $kinds"
}

tar -C "$work_dir/tar" -xf "$archive"
tar --utc -tvf "$archive" >"$work_dir/tar.list"
check_tree "$work_dir/tar"
check_entries "$work_dir/tar.list"
[ -f "$work_dir/tar/usr/share/doc/ebpfkit/LICENSE" ] || fail "the archive has no licence"

package=$(echo "$packages_dir/ebpfkit_$version-1_"*.deb)
if [ -e "$package" ]; then
  dpkg-deb -x "$package" "$work_dir/deb"
  dpkg-deb -c "$package" >"$work_dir/deb.list"
  check_tree "$work_dir/deb"
  check_entries "$work_dir/deb.list"
  depends=$(dpkg-deb -f "$package" Depends)
  for name in 'cmake (>= 3.25)' 'g++ | c++-compiler' clang 'libbpf-dev (>= 1:1.1)' zlib1g-dev 'libfmt' 'libarchive13'; do
    [[ $depends == *"$name"* ]] || fail "the .deb does not depend on $name: $depends"
  done
  # libfmt-dev and others are for those who build the tool.
  [[ $depends != *libfmt-dev* ]] || fail "the .deb depends on what only the tool's build needs: $depends"
  ls "$work_dir"/deb/usr/lib/*-linux-gnu*/cmake/EbpfKit/EbpfKitConfig.cmake
  for file in copyright changelog.gz changelog.Debian.gz; do
    [ -f "$work_dir/deb/usr/share/doc/ebpfkit/$file" ] || fail "the .deb has no $file"
  done
  if command -v lintian >/dev/null 2>&1; then
    lintian --allow-root --tag-display-limit 0 --fail-on error,warning "$package"
  fi
fi

package=$(echo "$packages_dir/ebpfkit-$version-1."*.rpm)
if [ -e "$package" ]; then
  rpm -qp --requires "$package" >"$work_dir/rpm.requires"
  for name in 'cmake >= 3.25' clang bpftool 'libbpf-devel >= 1.1' zlib-devel gcc-c++ ninja-build; do
    grep -qx "$name" "$work_dir/rpm.requires" || fail "the .rpm does not require $name"
  done
  # Not through a pipe: grep -q would end rpm with SIGPIPE, which counts as a failure.
  rpm -qp --list "$package" >"$work_dir/rpm.list"
  grep -qx /usr/share/ebpfkit/modules/EbpfKit.cmake "$work_dir/rpm.list" || fail "the .rpm has no modules"
  [ "$(rpm -qp --queryformat '%{VERSION} %{LICENSE} %{BUILDHOST}' "$package")" = "$version BSD-2-Clause localhost" ] ||
    fail "the .rpm has other facts: $(rpm -qpi "$package")"
  if [ "$(id -u)" -eq 0 ]; then
    # Without what it depends on, which Debian has under other names. rpmbuild strips the tool, so it differs. On
    # some systems it also compresses the manual pages.
    mkdir -p "$work_dir/rpm"
    rpm --root "$work_dir/rpm" --nodeps --install "$package"
    check_tree "$work_dir/rpm"
    find "$work_dir/rpm/usr/share/man" -name '*.gz' -exec gunzip {} +
    for tree in tar rpm; do
      (cd "$work_dir/$tree" && find usr/share -type f ! -path 'usr/share/doc/*' -exec sha256sum {} + |
        sort -k 2) >"$work_dir/$tree.sums"
    done
    diff "$work_dir/tar.sums" "$work_dir/rpm.sums" || fail "the .rpm installs other files than the archive has"
  fi
fi
