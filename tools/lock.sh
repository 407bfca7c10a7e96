#!/bin/sh
# Write the locks: every version pinned, every file hashed, for every platform, naming no registry.
set -eu
python=${1:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/uv"
"$work/uv/bin/pip" install -q --disable-pip-version-check uv
compile() {
  "$work/uv/bin/uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url --no-emit-find-links "$@"
}
compile pyproject.toml --extra build -o locks/runtime.txt
compile pyproject.toml --extra build --extra dev -c locks/runtime.txt -o locks/dev.txt
compile locks/peers.in -c locks/dev.txt -o locks/peers.txt
