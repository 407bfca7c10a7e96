#!/bin/sh
# Make the environment of the benchmarks' peers from its hashed lock. Usage: PYTHON=python3 peers.sh VENV LOCK
set -eu
venv=$1
lock=$2
python=${PYTHON:-python3}
missing=
command -v gpsdecode >/dev/null 2>&1 || missing="gpsd-clients"
# libais comes as source.
command -v c++ >/dev/null 2>&1 || missing="$missing g++"
header='import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
"$python" -c "$header" || missing="$missing python3-dev"
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing
  else
    echo "makara: the peers need what is not here; type: sudo apt-get install $missing" >&2
    exit 1
  fi
fi
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
