#!/bin/sh
# Make the environment of the benchmarks' peers from its hashed lock. Usage: PYTHON=python3 peers.sh VENV LOCK
set -eu
venv=$1
lock=$2
python=${PYTHON:-python3}
if ! command -v gpsdecode >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends gpsd-clients
  else
    echo "makara: gpsd's decoder is one of the peers; type: sudo apt-get install gpsd-clients" >&2
    exit 1
  fi
fi
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
