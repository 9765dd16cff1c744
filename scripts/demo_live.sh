#!/usr/bin/env bash
# A generated feed, a real rsyslog, and leads that appear while the feed runs. Writes demo-out/live/. Takes a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null
PATH=$PWD/.venv/bin:$PATH:/usr/sbin
command -v rsyslogd >/dev/null || { echo "rsyslogd is not installed: apt-get install rsyslog" >&2; exit 2; }

out=$PWD/${DEMO_OUT:-demo-out}/live
port=${DEMO_PORT:-10514}
rm -rf "$out"
mkdir -p "$out/feed" "$out/keys" "$out/rsyslog"
export SIGHTLINE_WORKSPACE=$out/workspace
as() { # who, then a command
  local who=$1
  shift
  printf "\n\033[1m%s\$%s\033[0m\n" "$who" "$(printf " %q" "$@")"
  SIGHTLINE_KEY=$out/keys/$who "$@"
}
agree() { # who agrees to all that waits for a second officer
  for id in $(SIGHTLINE_KEY=$out/keys/$1 sightline approve --json | python -c 'import json, sys
for line in sys.stdin: print(json.loads(line)["approval_id"])'); do
    as "$1" sightline approve "$id" --yes --why "seen and compared"
  done
}

# A list, a unit of two officers who must agree, a case, and an authority with an end that two officers record.
printf 'kind,value,category\ndomain,board.example,csam\n' >"$out/flagged.csv"
sightline lists create-key --issuer DEMO-AGENCY --out "$out" >/dev/null
sightline lists sign "$out/flagged.csv" --key "$out/DEMO-AGENCY.key" --use leads \
  --transcribed-by "Cyber Cell, Demo" --original demo/agency-letter.txt --valid-until "$(date -u -d '+90 days' +%F)"
sightline init "$SIGHTLINE_WORKSPACE" --exercise --name "Cyber Cell, Demo" --officer "A. Nair" \
  --key "$out/keys/nair" --no-passphrase
for who in das rao; do sightline officers create-key --out "$out/keys/$who" --no-passphrase >/dev/null 2>&1; done
as nair sightline officers add "$out/keys/das.pub" --name "M. Das" --role supervisor
as nair sightline officers add "$out/keys/rao.pub" --name "S. Rao" --role investigating-officer
agree das
as rao sightline issuers add "$out/DEMO-AGENCY.pub" --why "letter of the agency, key id compared by telephone"
agree das
as rao sightline cases add --number "FIR 12/2026" --station "Cyber PS, Demo" --sections "IT Act s.67B" \
  --io "S. Rao, Inspector" --begun-on "$(date -u +%F)"
as rao sightline sources add --kind live-feed --name feed --use leads
as rao sightline authorities add --case "FIR 12/2026" --kind live-feed --number "direction 4/2026" \
  --issued-by "Secretary, Demo" --issued-on "$(date -u +%F)" --until "$(date -u -d '+7 days' +%F)" \
  --document demo/agency-letter.txt --source feed
agree das

# rsyslog, with the configuration of the documentation, on this machine only.
sed -e "s#/var/log/feed#$out/feed#" -e "s#10514#$port#" demo/rsyslog.conf >"$out/rsyslog/rsyslog.conf"
printf 'global(workDirectory="%s")\n' "$out/rsyslog" >>"$out/rsyslog/rsyslog.conf"
rsyslogd -n -f "$out/rsyslog/rsyslog.conf" -i "$out/rsyslog/pid" &
collector=$!
watcher=
trap 'kill $collector $watcher 2>/dev/null || true' EXIT
for _ in $(seq 50); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.2; done

printf "\n\033[1mrao\$ sightline watch %s --source feed --authority 'direction 4/2026' --list flagged.csv\033[0m\n" "$out/feed/access.log"
SIGHTLINE_KEY=$out/keys/rao sightline watch "$out/feed/access.log" --source feed --authority "direction 4/2026" \
  --list "$out/flagged.csv" --format combined &
watcher=$!

# A web server of some addresses, of which few visit the flagged site. Halfway the log is rotated.
for round in 1 2 3 4; do
  python - "$round" "$port" <<'PYTHON'
import datetime, random, socket, sys
dice, connection = random.Random(int(sys.argv[1])), socket.create_connection(("127.0.0.1", int(sys.argv[2])))
for number in range(500):
    at = datetime.datetime.now(datetime.timezone.utc)
    site = "board.example" if dice.random() < 0.02 else "plain.example"
    line = (f'198.51.100.{dice.randrange(1, 250)} - - [{at:%d/%b/%Y:%H:%M:%S +0000}] '
            f'"GET http://{site}/room/{number} HTTP/1.1" 200 512 "-" "Browser/1"')
    connection.sendall(f"<134>1 {at:%Y-%m-%dT%H:%M:%SZ} web1 nginx - - - {line}\n".encode())
PYTHON
  sleep 3
  [ "$round" = 2 ] && mv "$out/feed/access.log" "$out/feed/access.log.1" && kill -HUP $collector
  SIGHTLINE_KEY=$out/keys/rao sightline leads list --limit 3 || true
done
for _ in $(seq 60); do
  [ "$(SIGHTLINE_KEY=$out/keys/rao sightline watch --status --json | python -c 'import json, sys
print(sum(json.loads(line)["lines"] for line in sys.stdin))')" = 2000 ] && break
  sleep 1
done
kill -TERM $watcher
wait $watcher
watcher=
as rao sightline watch --status
as rao sightline leads list --limit 8
as rao sightline verify
printf '\nThe workspace: %s\n' "$SIGHTLINE_WORKSPACE"
printf 'Its leads on a page: .venv/bin/sightline serve --workspace %q --keys %q\n' "$SIGHTLINE_WORKSPACE" "$out/keys"
