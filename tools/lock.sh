#!/bin/sh
# Write both locks: every version pinned, every file hashed, for every platform, naming no registry.
set -eu
python=${1:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/uv"
"$work/uv/bin/pip" install -q --disable-pip-version-check uv
compile() {
  "$work/uv/bin/uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url --no-emit-find-links pyproject.toml "$@"
}
compile --extra build -o locks/runtime.txt
compile --extra build --extra dev -c locks/runtime.txt -o locks/dev.txt
