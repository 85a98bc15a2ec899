#!/usr/bin/env bash
# Makes sure that programs are there, each written COMMAND:DEBIAN-PACKAGE. What is missing is installed by apt-get when root;
# otherwise one sentence says what to install. A command that cannot be seen from a shell (ensurepip) counts as missing.
set -euo pipefail
PATH="$PATH:/usr/sbin:/sbin"

missing=()
for need in "$@"; do
  command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
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
