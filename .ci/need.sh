#!/usr/bin/env bash
# Makes sure that programs, libraries and files are there, each written COMMAND:DEBIAN-PACKAGE,
# LIBRARY.so.N:DEBIAN-PACKAGE or /PATH/PATTERN:DEBIAN-PACKAGE. What is missing is installed by apt-get when root;
# otherwise one sentence says what to install. What can be seen neither from a shell nor by the linker (ensurepip)
# counts as missing.
set -euo pipefail
PATH="$PATH:/usr/sbin:/sbin"

is_there() {
  case "$1" in
    /*) compgen -G "$1" >/dev/null ;;
    *.so.*) [[ "$(ldconfig -p)" == *"$1"* ]] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing=()
for need in "$@"; do
  is_there "${need%%:*}" || missing+=("${need##*:}")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

if ! command -v apt-get >/dev/null || [[ "$(id -u)" -ne 0 ]]; then
  printf '✗ 请先安装 / please install first: %s\n  sudo apt-get install --no-install-recommends %s\n' "${missing[*]}" "${missing[*]}" >&2
  exit 1
fi
printf '· apt-get install %s\n' "${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt-get -qq install --yes --no-install-recommends "${missing[@]}" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
