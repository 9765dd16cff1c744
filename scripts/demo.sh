#!/usr/bin/env bash
# The main job on logs that real servers wrote: a list signed, every visit found, one proved; then the same into a workspace,
# with officers, authority, custody, certificate and ledger; and leads from a simulated world, with map and report.
# Writes demo-out/.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

show() {
  printf "\n\033[1m\$%s\033[0m\n" "$(printf " %q" "$@")"
  "$@"
}
PATH=$PWD/.venv/bin:$PATH
out=${DEMO_OUT:-demo-out}
rm -rf "$out"
mkdir "$out"

# A unit transcribes an agency's list, under a key that speaks for the agency, and says so, once.
cp demo/flagged.csv "$out"
show sightline lists create-key --issuer DEMO-AGENCY --out "$out"
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

# The record: a workspace in which nothing is lost and everything is provable. Each act is an officer's, signed.
printf '\n\n\033[1mThe record\033[0m\n'
export SIGHTLINE_WORKSPACE=$out/workspace
keys=$out/keys
mkdir "$keys"
as() { # who, then a command: shown without the options that say whose key signs
  local who=$1
  shift
  printf "\n\033[1m%s\$%s\033[0m\n" "$who" "$(printf " %q" "$@")"
  SIGHTLINE_KEY=$keys/$who "$@"
}
agree() { # who agrees to all that waits for a second officer
  for id in $(SIGHTLINE_KEY=$keys/$1 sightline approve --json | .venv/bin/python -c 'import json, sys
for line in sys.stdin: print(json.loads(line)["approval_id"])'); do
    as "$1" sightline approve "$id" --yes --why "seen and compared"
  done
}
refused() { "$@" || [ $? = 3 ]; } # what takes two is refused, and asked for, the first time

show sightline init "$out/workspace" --exercise --name "Cyber Cell, Demo" --officer "A. Nair" --key "$keys/nair" --no-passphrase
for who in das rao paul; do sightline officers create-key --out "$keys/$who" --no-passphrase >/dev/null 2>&1; done
as nair sightline officers add "$keys/das.pub" --name "M. Das" --role supervisor --designation "Deputy Superintendent"
as nair sightline officers add "$keys/rao.pub" --name "S. Rao" --role investigating-officer --designation Inspector
as nair sightline officers add "$keys/paul.pub" --name "J. Paul" --role custodian --designation "Head Constable"
agree das
as rao sightline issuers add "$out/DEMO-AGENCY.pub" --why "letter of the agency, key id compared by telephone"
agree das

as rao sightline cases add --number "FIR 12/2026" --station "Cyber PS, Demo" --sections "IT Act s.67B" \
  --io "S. Rao, Inspector" --begun-on 2026-06-05
as rao sightline authorities add --case "FIR 12/2026" --kind seizure --number "SM 3/2026" --issued-by "S. Rao, Inspector" \
  --issued-on 2026-06-06 --document demo/agency-letter.txt
as rao sightline authorities add --case "FIR 12/2026" --kind production --number "s.94 order 7/2026" \
  --issued-by "Magistrate, Demo" --issued-on 2026-06-05 --document demo/agency-letter.txt
as rao sightline sources add --kind seized-server --name server --use leads --server-name board.example \
  --clock-offset 2 --clock-uncertainty 1 --clock-measured "compared with NTP at the seizure" --device server --make Example
as rao sightline sources add --kind proxy --name proxy --use leads --timezone Asia/Kolkata \
  --timezone-basis "letter of the operator, 5.6.2026"

as rao sightline scan demo/proxy-squid.log.gz --source proxy --authority "s.94 order 7/2026" --list "$out/flagged.csv"
# A seized server's log is taken whole: that takes two officers.
refused as rao sightline scan demo/seized-nginx.log --source server --authority "SM 3/2026" --list "$out/flagged.csv" \
  --all-hits-of board.example/rooms/closed --why "the server's own log"
agree das
as rao sightline scan demo/seized-nginx.log --source server --authority "SM 3/2026" --list "$out/flagged.csv" \
  --all-hits-of board.example/rooms/closed --why "the server's own log"
as rao sightline scan demo/proxy-squid.log.gz --source proxy --authority "s.94 order 7/2026" --list "$out/flagged.csv"

# Its papers: custody, certificate, and a bundle with one address's hits for the defence, which verifies anywhere.
exhibit=$(sha256sum demo/seized-nginx.log | cut -c1-12)
as paul sightline exhibits record-custody "$exhibit" received --from "S. Rao, Inspector" --how "sealed cover, seal intact" \
  --place "malkhana, Cyber PS" --why "SM 3/2026"
as paul sightline exhibits export-certificate "$exhibit" --number P-3 --out "$out/papers"
as paul sightline exhibits export-certificate "$exhibit" --number P-3 --language ml --out "$out/papers"
address=$(cut -d' ' -f1 demo/seized-nginx.log | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
refused as rao sightline exhibits export-bundle "$exhibit" --for defence --address "$address" --why "copy for the accused" --out "$out/defence.zip"
agree das
as rao sightline exhibits export-bundle "$exhibit" --for defence --address "$address" --why "copy for the accused" --out "$out/defence.zip"
show python3 src/sightline/evidence/verify_sightline.py "$out/defence.zip" --exhibit demo/seized-nginx.log

# A checkpoint leaves the machine; the whole record is recomputed against it.
as das sightline ledger export-checkpoint --out "$out/checkpoint.note"
as das sightline verify --checkpoint "$out/checkpoint.note" --rows

# Leads: which line, from where, how certain. A small simulated world with its own data sets; its truth lies apart.
printf '\n\n\033[1mThe leads\033[0m\n'
show sightline exercise create --out "$out/world" --sessions 3000 --seed 2
printf '\n\033[1m$ sightline exercise run %s --workspace %s\033[0m\n' "$out/world" "$out/exercise"
sightline exercise run "$out/world" --workspace "$out/exercise" >"$out/leads-files.txt"
export SIGHTLINE_WORKSPACE=$out/exercise SIGHTLINE_KEY=$out/exercise.key
show sightline leads list --limit 8
lead=$(sightline leads list --json --state IN-KL --ceiling subscriber --priority high --limit 1 | .venv/bin/python -c 'import json, sys
print(json.loads(sys.stdin.readline())["lead_id"][:12])')
show sightline leads explain "$lead"
show sightline leads report --out "$out/report.html" --map "$out/map.svg"
printf '\nWas it right? Beside the truth of that world, and beside what a spreadsheet makes of the same records:\n'
mapfile -t files <"$out/leads-files.txt"
sightline exercise grade "$out/world" --leads "${files[@]}" >"$out/grade.txt" 2>&1
sed -n '1,14p' "$out/grade.txt"
printf '\nReport and map: %s/report.html, %s/map.svg\n' "$out" "$out"

# From a lead to a subscriber: notices, the ISP's replies read by machine, and who is named beyond doubt, who is not.
printf '\n\n\033[1mFrom lead to subscriber\033[0m\n'
show sightline licensees set "Kayal Cable" --address "Nodal Officer, Kochi" --timezone Asia/Kolkata
show sightline notices draft --case "FIR 1/2026" --kind records --licensee "Kayal Cable" --dry-run
printf '\nOne lead is stopped by a rule, and nobody is asked about it:\n'
stopped=$(sightline leads list --json --ceiling relay --limit 1 | .venv/bin/python -c 'import json, sys
print(json.loads(sys.stdin.readline())["lead_id"][:12])')
sightline leads explain "$stopped" >"$out/stopped.txt"
sed -n '1,3p' "$out/stopped.txt"
sed -n '/WHAT THE EVIDENCE CAN SHOW/,/^$/p' "$out/stopped.txt"
# In two rounds: the second notice is independent of the first, so that both together can corroborate.
show sightline exercise ask "$out/world" --workspace "$out/exercise" --out "$out/replies" --licensee "Kayal Cable" --quiet
show sightline notices list
show sightline notices list-replies
show sightline resolve --limit 4
sightline resolve --json >"$out/resolutions.jsonl"
for verdict in corroborated conflict; do
  which=$(.venv/bin/python -c 'import json, sys
for line in open(sys.argv[1]):
    told = json.loads(line)
    whom = told["subscribers"]
    if sys.argv[2] == told["verdict"] or (sys.argv[2] == "corroborated" and len(whom) == 1 and whom[0]["corroborated"]):
        print(told["session_id"][:12])
        break' "$out/resolutions.jsonl" "$verdict")
  if [ -n "$which" ]; then show sightline resolve show "$which"; fi
done
whom=$(.venv/bin/python -c 'import json, sys
each = [one for line in open(sys.argv[1]) for one in json.loads(line)["subscribers"]]
print(next(one["subscriber"][:12] for one in each if one["corroborated"]))' "$out/resolutions.jsonl")
show sightline resolve open "$whom" --why "FIR 1/2026: a search warrant is asked for"
show sightline notices export 1 --out "$out/letters"
show sightline verify --replies
# A reply says more of a network than data sets do: leads and resolutions once more, so that the web app opens on current results.
sightline leads rebuild --quiet
sightline resolve --quiet

printf '\nAll is in %s/:\n' "$out"
ls "$out"
