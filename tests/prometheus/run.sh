#!/usr/bin/env bash
# Has a real Prometheus scrape the real binary (AI_PROXY_BIN). One on the PATH is used; without, the one of Debian's packages is
# unpacked into a folder that git ignores, and nothing is installed.
set -euo pipefail
binary=$(realpath "${AI_PROXY_BIN:?names the binary to test}")
export AI_PROXY_BIN=$binary
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

cache=$PWD/.cache/prometheus
if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
  programs=$(dirname "$(command -v prometheus)")
else
  if ! [ -x "$cache/usr/bin/prometheus" ]; then
    command -v apt-get >/dev/null || { echo "prometheus and promtool must be on the PATH: there are no packages of Debian here" >&2; exit 1; }
    rm -rf "$cache"
    mkdir -p "$cache"
    fetch() { (cd "$cache" && apt-get download -qq -o APT::Sandbox::User=root prometheus); }
    # A fresh machine has no list of packages, or one that is out of date.
    fetch 2>/dev/null || { apt-get update -qq && fetch; }
    dpkg-deb --extract "$cache"/prometheus_*.deb "$cache"
  fi
  programs=$cache/usr/bin
fi
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
PATH=$programs:$PATH exec python3 tests/prometheus/scrape.py
