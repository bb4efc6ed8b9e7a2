# shellcheck shell=bash
# The scripts beside this directory source this file. It says which packages are missing and installs them
# through the system's package manager. modules/detail/packages.txt has the names of the packages.

packages_table="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/modules/detail/packages.txt"

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    printf 'error: %s needs root, and there is no sudo.\n  Run it as root: %s\n' "$1" "$*" >&2
    return 1
  fi
}

# packages_of <debian|ubuntu|fedora> <group>...: prints the names of the packages of the groups, one a line.
packages_of() {
  local distribution=$1 group what groups debian ubuntu fedora names
  shift
  for group in "$@"; do
    while read -r what groups debian ubuntu fedora; do
      case "$what" in "" | "#"*) continue ;; esac
      case ",$groups," in *",$group,"*) ;; *) continue ;; esac
      case "$distribution" in
        debian) names=$debian ;;
        ubuntu) names=$ubuntu ;;
        fedora) names=$fedora ;;
      esac
      [ "$names" = "=" ] && names=$debian
      printf '%s\n' "${names//,/$'\n'}"
    done <"$packages_table"
  done
}

# need <group>...: installs the packages of the groups that are not installed yet.
need() {
  local distribution=debian package
  local -a wanted missing=()
  if command -v dpkg-query >/dev/null 2>&1; then
    # shellcheck source=/dev/null # the file belongs to the system
    case " $(. /etc/os-release && printf '%s %s' "${ID-}" "${ID_LIKE-}") " in
      *" ubuntu "*) distribution=ubuntu ;;
    esac
    mapfile -t wanted < <(packages_of "$distribution" "$@")
    for package in "${wanted[@]}"; do
      dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
        missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    printf 'Installing with apt-get: %s\n' "${missing[*]}"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
  elif command -v dnf >/dev/null 2>&1; then
    mapfile -t wanted < <(packages_of fedora "$@")
    for package in "${wanted[@]}"; do
      rpm -q --quiet "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    printf 'Installing with dnf: %s\n' "${missing[*]}"
    as_root dnf install -y "${missing[@]}"
  else
    mapfile -t wanted < <(packages_of debian "$@")
    printf 'warning: neither apt-get nor dnf is here; these must be installed already: %s\n' \
      "${wanted[*]}" >&2
  fi
}
