# shellcheck shell=bash
# Shared by the scripts beside it; sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Where Python packages go: one environment per content of the requirements, shared by all checkouts.
environment_folder() {
  local digest
  digest=$(cat third_party/requirements*.txt | sha256sum | cut -c1-12)
  echo "${ABLATE_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/ablate}/python-$digest"
}

# plotly.js, which reports show their pictures with, inside the environment's package.
plotly_file() { echo "$1"/lib/python3*/site-packages/plotly/package_data/plotly.min.js; }
