#!/usr/bin/env bash
# Gets BPF programs that others wrote from source packages of this machine's distribution. They are under
# other licences, so they are not part of this tree.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: fetch.sh [--help] --cache DIR --output DIR PACKAGE[/PACKAGE...]=PATTERN[,PATTERN...]...

Downloads source packages with a private apt (no root, nothing installed; the archives are those of the
machine's own configuration, and apt verifies their signatures) and unpacks the files that match a
PATTERN of tar. Of alternatives (linux-6.12/linux) the first that can be had is taken, of a package
the newest version that the archive really has.

  --cache DIR    keeps downloads and apt's lists between runs
  --output DIR   gets a directory for each package, named like the last alternative, with the file
                 `version`

A package that cannot be had is told in a line. Exit status: 0 when at least one is there; 77 when none
can be had (no apt, offline): the last line says why.
USAGE
}

skip() {
  printf 'SKIPPED: %s\n' "$1"
  exit 77
}

cache="" output="" packages=()
while [ $# -gt 0 ]; do
  case "$1" in
    --help | -h) usage; exit 0 ;;
    --cache) cache=${2:?--cache needs a directory}; shift 2 ;;
    --output) output=${2:?--output needs a directory}; shift 2 ;;
    *=*) packages+=("$1"); shift ;;
    *) printf "error: unknown argument '%s'; see --help.\n" "$1" >&2; exit 2 ;;
  esac
done
if [ -z "$cache" ] || [ -z "$output" ] || [ ${#packages[@]} -eq 0 ]; then
  echo "error: --cache, --output and a package are needed; see --help." >&2
  exit 2
fi
mkdir -p "$cache" "$output"
cache=$(cd "$cache" && pwd)
output=$(cd "$output" && pwd)

# Prints a source entry for every archive of the distribution that this machine gets binary packages from. apt
# does not tell which keys sign an archive. The distributions' packages install their keyrings at these paths.
private_sources() {
  # shellcheck disable=SC2016 # apt's own variables
  apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' \
    'Created-By: Packages' | sort -u | while IFS='|' read -r origin uri release component; do
    local keys=""
    case "$origin" in
      Debian) keys=/usr/share/keyrings/debian-archive-keyring.gpg ;;
      Ubuntu) keys=/usr/share/keyrings/ubuntu-archive-keyring.gpg ;;
      *) continue ;;
    esac
    [ -f "$keys" ] || keys=""
    printf 'deb-src %s%s %s %s\n' "${keys:+[signed-by=$keys] }" "$uri" "$release" "$component"
  done
}

# Writes the private configuration and gets the lists, once a run.
update_lists() {
  [ -z "$lists_are_new" ] || return 0
  lists_are_new=yes
  command -v apt-get >/dev/null 2>&1 || skip "source packages are got by apt-get, which is not here"
  mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$cache/apt/preferences.d"
  : >"$cache/apt/status"
  private_sources >"$cache/apt/sources.list"
  [ -s "$cache/apt/sources.list" ] || skip "apt-get knows no archive of Debian or Ubuntu"
  cat >"$cache/apt/apt.conf" <<CONFIGURATION
Dir::State::Lists "$cache/apt/lists";
Dir::State::status "$cache/apt/status";
Dir::Cache "$cache/apt";
Dir::Etc::sourcelist "$cache/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "$cache/apt/preferences.d";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
CONFIGURATION
  if [ "$(id -u)" -eq 0 ]; then
    # The files belong to the user who runs this script, so apt needs no user of its own.
    echo 'APT::Sandbox::User "root";' >>"$cache/apt/apt.conf"
  fi
  APT_CONFIG="$cache/apt/apt.conf" apt-get -q update >"$cache/apt/update.log" 2>&1 ||
    echo "apt-get update: $(grep -m 1 '^[EW]:' "$cache/apt/update.log" || echo failed)"
}

versions_of() {
  APT_CONFIG="$cache/apt/apt.conf" apt-cache showsrc "$1" 2>/dev/null | awk -v name="$1" '
    /^Package:/ { package = $2 }
    /^Version:/ && package == name { print $2 }' | sort -u --version-sort --reverse
}

# Prints the upstream archive of the newest complete download of the package, or nothing if there is none.
cached_archive() {
  local description archive
  [ -d "$cache/$1" ] || return 0
  find "$cache/$1" -maxdepth 1 -name '*.dsc' 2>/dev/null | sort --version-sort --reverse |
    while read -r description; do
      archive=$(awk '$3 ~ /[.]tar[.]/ && $3 !~ /[.]debian[.]tar[.]/ { print $3; exit }' "$description")
      if [ -f "$cache/$1/$archive" ]; then
        printf '%s\n' "$cache/$1/$archive"
        break
      fi
    done
}

# Archives drop files of versions that their lists still have, and mirrors lag behind. So try several
# versions.
download() {
  local version
  update_lists
  mkdir -p "$cache/$1"
  for version in $(versions_of "$1" | head -n 12); do
    (cd "$cache/$1" && APT_CONFIG="$cache/apt/apt.conf" apt-get -q source --download-only \
      "$1=$version" >"download.log" 2>&1) && return 0
  done
  return 1
}

# take <name> <archive> <pattern>...: unpacks the archive, unless an earlier run did.
take() {
  local name=$1 archive=$2
  shift 2
  local stamp="${archive##*/} $*"
  [ "$(cat "$output/$name/version" 2>/dev/null)" != "$stamp" ] || return 0
  rm -rf "${output:?}/$name"
  mkdir -p "$output/$name"
  # tar fails when a pattern finds nothing. Ignore that: not every version has every file.
  tar -xf "$archive" -C "$output/$name" --strip-components 1 --no-same-owner --wildcards \
    --wildcards-match-slash "$@" 2>"$cache/tar.log" || grep -q 'Not found in archive' "$cache/tar.log" ||
    { cat "$cache/tar.log" >&2; exit 1; }
  printf '%s\n' "$stamp" >"$output/$name/version"
}

lists_are_new=""
count=0
for wanted in "${packages[@]}"; do
  IFS=/ read -r -a alternatives <<<"${wanted%%=*}"
  IFS=, read -r -a patterns <<<"${wanted#*=}"
  archive=""
  # Take what the cache has: nothing here depends on the newest version.
  for package in "${alternatives[@]}"; do
    [ -n "$archive" ] || archive=$(cached_archive "$package")
  done
  for package in "${alternatives[@]}"; do
    if [ -z "$archive" ] && download "$package"; then
      archive=$(cached_archive "$package")
    fi
  done
  if [ -z "$archive" ]; then
    echo "not to be had: the source package ${wanted%%=*}"
    continue
  fi
  take "${alternatives[-1]}" "$archive" "${patterns[@]}"
  echo "taken: ${archive##*/}"
  count=$((count + 1))
done
[ "$count" -gt 0 ] || skip "none of the source packages can be had (offline?)"
