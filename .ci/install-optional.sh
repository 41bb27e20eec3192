#!/usr/bin/env bash
# Installs what some tests can use and no test needs, so that fewer of them are skipped: the packages of the benchmarks'
# rivals, redis-server and a Chromium. Best effort: bounded in time, few words, and never a failure. On a machine without
# network, root or apt-get these tests are skipped as before, and the closing line says how many.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

limit_seconds=240

# Runs a command within the limit; its output is shown only in so far as it failed.
attempt() {
  local name=$1 output
  shift
  command -v timeout >/dev/null || return 0
  if output=$(timeout --kill-after=10 "$limit_seconds" "$@" </dev/null 2>&1); then
    echo "optional: $name is installed"
  else
    echo "optional: $name could not be installed: $(tail -n 1 <<<"$output" | cut -c 1-200)"
  fi
}

attempt 'bench/rival' npm ci --prefix bench/rival --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  options=(-qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o DPkg::Lock::Timeout=20)
  missing=()
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
  ((${#missing[@]} == 0)) || attempt 'the list of packages' apt-get "${options[@]}" update
  for package in "${missing[@]}"; do
    attempt "$package" apt-get "${options[@]}" install -y --no-install-recommends "$package"
  done
fi

exit 0
