#!/usr/bin/env bash
# The system packages that some tests need: only what is missing, and only where asked to
# (CI=true or GROUNDSWELL_INSTALL_SYSTEM=1). Elsewhere those tests are skipped and say what would install it.
set -euo pipefail

if [[ "${CI:-}" != "true" && "${GROUNDSWELL_INSTALL_SYSTEM:-}" != "1" ]]; then
    exit 0
fi

missing=()
has() { command -v "$1" >/dev/null 2>&1; }
has promtool && has prometheus || missing+=(prometheus)
has chromium || has chromium-browser || missing+=(chromium)
has java || missing+=(default-jre-headless)
has mvn || missing+=(maven)

if [[ ${#missing[@]} -eq 0 ]]; then
    exit 0
fi
if ! has apt-get; then
    echo "Not a Debian system: install these yourself: ${missing[*]}" >&2
    exit 0
fi

as_root=()
if [[ "$(id -u)" -ne 0 ]]; then
    as_root=(sudo)
fi
echo "Installing system packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
