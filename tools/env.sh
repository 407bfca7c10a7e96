#!/bin/sh
# Make VENV from a hashed lock with plain pip, and put makara into it. Usage: PYTHON=python3 env.sh VENV LOCK
set -eu
venv=$1
lock=$2
python=${PYTHON:-python3}

if ! command -v "$python" >/dev/null 2>&1; then
  echo "makara: no $python here; install Python 3.11 or newer, as: apt-get install python3 python3-venv" >&2
  exit 1
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "makara: $("$python" --version) is too old; Makara needs 3.11 or newer: make env PYTHON=python3.12" >&2
  exit 1
}
if [ ! -x "$venv/bin/python" ]; then
  if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    # Debian ships Python without its venv module.
    package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
      apt-get update -qq && apt-get install -y -qq --no-install-recommends "$package" python3-venv
    else
      echo "makara: this Python lacks its venv module; type: sudo apt-get install $package" >&2
      exit 1
    fi
  fi
  "$python" -m venv "$venv"
fi
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-compile --require-hashes -r "$lock"
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
# On all cores, which pip does not; some packages ship files for other Pythons.
"$venv/bin/python" -m compileall -qq -j 0 "$venv/lib" || :
