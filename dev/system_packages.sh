#!/usr/bin/env bash
# What the tests use beside Python, from Debian's packages: PostgreSQL's server, and jq for the tutorials. Without them
# (another system, no right to install) the tests that want them are skipped and say so; in CI they must be there.
set -euo pipefail
wanted=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || wanted+=(postgresql)
command -v jq >/dev/null || wanted+=(jq)
if [ "${#wanted[@]}" -gt 0 ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
fi
