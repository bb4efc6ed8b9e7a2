#!/usr/bin/env bash
# Runs in a clean root, in a directory with ebpfkit.deb and example/ (check_deb.sh).
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

# step <text>: tells what comes, with the seconds since the start.
step() { printf '== %3d s: %s\n' "$SECONDS" "$1"; }

step "installing the .deb"
# A run that was killed leaves the package.
dpkg --purge ebpfkit >/dev/null 2>&1 || true
for name in libfmt-dev libcli11-dev nlohmann-json3-dev libarchive-dev git ccache; do
  if dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed; then
    printf 'error: the root is not clean: it has %s.\n' "$name" >&2
    exit 1
  fi
done
install=(apt-get install -q -y --no-install-recommends ./ebpfkit.deb)
# The dependencies are there when an earlier run has installed them.
"${install[@]}" --no-download >/dev/null 2>&1 || { apt-get update -q && "${install[@]}"; }
ebpfkit --version

step "building the example"
cmake -S example -B build/example -G Ninja -DCMAKE_BUILD_TYPE=Release | tee configured
grep -q 'EbpfKit::runtime: ready objects$' configured || {
  printf 'error: the example does not take the ready objects of the runtime.\n' >&2
  exit 1
}
cmake --build build/example
step "running the example"
build/example/kernel-watch --btf-info
ctest --test-dir build/example --output-on-failure --no-tests=error

step "a new project"
ebpfkit new execs --template c
(cd execs && cmake --workflow --preset default)
execs/build/default/execs 2 >output &
while kill -0 $! 2>/dev/null; do
  /bin/true
  sleep 0.1
done
wait $!
grep -E '[1-9][0-9]* programs started' output
step "the new project runs"

step "the project's CI installs EbpfKit"
dpkg --purge ebpfkit
(cd execs && sh ci/install_ebpfkit.sh) | grep 'EbpfKit is not installed'
if (cd execs && EBPFKIT_REPOSITORY=/nonexistent sh ci/install_ebpfkit.sh) 2>errors; then
  printf 'error: a repository without a revision is no error.\n' >&2
  exit 1
fi
grep 'name a tag or a branch of EbpfKit' errors
(cd execs && EBPFKIT_DEB=copy:/root/test/ebpfkit.deb sh ci/install_ebpfkit.sh)
ebpfkit --version

dpkg --purge ebpfkit
if [ -e /usr/share/ebpfkit ] || [ -e /usr/bin/ebpfkit ]; then
  printf 'error: removing the package leaves files.\n' >&2
  exit 1
fi
