#!/bin/sh
# The browser that the page's tests drive: Debian's Chromium.
set -eu
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
else
  echo "makara: the page's tests need a browser; type: sudo apt-get install chromium" >&2
  [ -z "${CI:-}" ] || exit 1
fi
