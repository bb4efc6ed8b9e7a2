# shellcheck shell=bash
# The scripts beside this directory source this file. It fetches BTF of kernels other than the running one.

# fetch_kernels <ebpfkit> <directory>: puts the BTF of the distribution's newest cloud kernels (small
# packages) into the directory, laid out as a BTF cache. Downloads the packages and does not install them. When
# it cannot do that, it says so and leaves the directory as it is. That is not an error.
fetch_kernels() {
  local ebpfkit=$1 directory=$2 most=2 architecture distribution packages package release work
  if ! command -v apt-get >/dev/null 2>&1; then
    printf 'No apt-get here: only the running kernel is embedded.\n'
    return 0
  fi
  architecture=$(dpkg --print-architecture)
  distribution=$(. /etc/os-release && printf '%s/%s' "$ID" "${VERSION_ID:-rolling}")
  packages=$(apt-cache pkgnames linux-image- | grep -E -- "^linux-image-[0-9].*-cloud-$architecture\$" |
    grep -v -e -unsigned -e -dbg | sort -V | tail -n "$most") || true
  if [ -z "$packages" ]; then
    printf 'The package lists have no cloud kernel (apt-get update?): only the running kernel is embedded.\n'
    return 0
  fi
  for package in $packages; do
    release=${package#linux-image-}
    [ -e "$directory/$distribution/$architecture/$release.btf" ] && continue
    work=$(mktemp -d)
    # Since Linux 6.19, Debian has the image in linux-binary-*.
    if apt-cache show "linux-binary-$release" >/dev/null 2>&1; then
      package=linux-binary-$release
    fi
    if (cd "$work" && apt-get -q download "$package" 2>&1); then
      "$ebpfkit" btf fetch "$work"/*.deb --to "$directory" --name "$distribution/$architecture/$release" ||
        printf '%s has no BTF that can be fetched; going on without it.\n' "$package"
    else
      printf '%s cannot be downloaded; going on without it.\n' "$package"
    fi
    rm -rf "$work"
  done
}
