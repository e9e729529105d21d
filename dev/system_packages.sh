#!/usr/bin/env bash
# What the tests use beside Python, from Debian's packages: PostgreSQL's server. Without it (another system, no right to
# install) the tests that want it are skipped and say so; in CI it must be there.
set -euo pipefail
if compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then exit 0; fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql >/dev/null
fi
