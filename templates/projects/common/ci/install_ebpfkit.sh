# shellcheck shell=sh
# Installs EbpfKit on a CI machine with Debian, as root, for a project that calls find_package(EbpfKit). The settings of
# the CI say where EbpfKit comes from:
#   EBPFKIT_DEB         address of its .deb for this system, or
#   EBPFKIT_REPOSITORY  address of its git repository, of which EBPFKIT_REVISION (a tag or a branch) is built
# A project that brings EbpfKit itself (FetchContent, a submodule) sets neither, and nothing is installed.
set -eu
if [ -n "${EBPFKIT_DEB-}" ]; then
  /usr/lib/apt/apt-helper download-file "$EBPFKIT_DEB" /tmp/ebpfkit.deb
elif [ -n "${EBPFKIT_REPOSITORY-}" ]; then
  git clone --depth 1 --branch "${EBPFKIT_REVISION:?name a tag or a branch of EbpfKit}" "$EBPFKIT_REPOSITORY" /tmp/ebpfkit
  /tmp/ebpfkit/scripts/package --build-dir /tmp/ebpfkit-build deb
  cp /tmp/ebpfkit-build/ebpfkit_*.deb /tmp/ebpfkit.deb
else
  echo "EbpfKit is not installed: neither EBPFKIT_DEB nor EBPFKIT_REPOSITORY is set."
  exit 0
fi
apt-get install -y /tmp/ebpfkit.deb
