#!/usr/bin/env bash
# The main job on logs that real servers wrote: make a key, sign a list, find every visit, prove one. Writes demo-out/.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

show() {
  printf "\n\033[1m\$%s\033[0m\n" "$(printf " %q" "$@")"
  "$@"
}
PATH=$PWD/.venv/bin:$PATH
out=demo-out
rm -rf "$out"
mkdir "$out"

# A unit transcribes an agency's list, under a key that speaks for the agency, and says so, once.
cp demo/flagged.csv "$out"
show sightline lists keygen --issuer DEMO-AGENCY --out "$out"
show sightline lists sign "$out/flagged.csv" --key "$out/DEMO-AGENCY.key" --use leads \
  --transcribed-by "Cyber Cell, Demo" --original demo/agency-letter.txt --valid-until "$(date -u -d '+90 days' +%F)"
show sightline lists check "$out/flagged.csv" --trust "$out/DEMO-AGENCY.pub"

# A unit matches what it holds: a proxy's log and a resolver's, whose times name no zone.
show sightline match demo/proxy-squid.log.gz demo/resolver-bind.log --timezone Asia/Kolkata \
  --list "$out/flagged.csv" --trust "$out/DEMO-AGENCY.pub" \
  --out "$out/hits.jsonl" --rejects "$out/rejects.jsonl" --summary "$out/summary.json"

# A flagged server that was seized: each line of its own log is a visit to what it served.
show sightline match demo/seized-nginx.log --all-hits-of board.example/rooms/closed \
  --list "$out/flagged.csv" --trust "$out/DEMO-AGENCY.pub" \
  --out "$out/seized.csv" --summary "$out/seized-summary.json"

printf '\n'
.venv/bin/python -P scripts/show_hits.py "$out/hits.jsonl"

# A hit says where its line stands, and anyone can look: by the byte offset alone.
read -r offset length < <(tail -n 1 "$out/hits.jsonl" | .venv/bin/python -P -c '
import json, sys
hit = json.load(sys.stdin)
print(hit["byte_offset"], len(hit["raw"].encode()))')
printf '\nThe last hit of the resolver, by its offset in the log:\n'
show dd if=demo/resolver-bind.log bs=1 skip="$offset" count="$length" status=none
printf '\n\nAll is in %s/:\n' "$out"
ls "$out"
