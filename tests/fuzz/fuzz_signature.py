"""Any bytes as key, signature, trusted comment or compiled head: refused in words, and never believed.

Run: python tests/fuzz/fuzz_signature.py -max_total_time=600 [CORPUS]
"""

from __future__ import annotations

import io
import sys

import atheris

with atheris.instrument_imports(include=["sightline"]):
    from sightline.errors import DamagedInput
    from sightline.stages.lists import compiled, signature
    from sightline.stages.lists.comment import CommentError, read_comment

KEY = signature.SecretKey("CELL-7", "0123456789ABCDEF", bytes(range(32)))
PUBLIC = KEY.derive_public()
SIGNED = signature.sign_digest(bytes(64), KEY, "issuer=CELL-7; valid_until=2030-01-01")


def one_input(raw: bytes) -> None:
    """Read it as everything; raises AssertionError for what must not be."""
    text = raw.decode("utf-8", "replace")
    for read in (signature.read_public_key, signature.read_secret_key):
        try:
            key = read(text, "stem")
        except signature.KeyFileError as why:
            assert str(why)
        else:
            assert read(key.to_text(), "other") == key
    try:
        comment = read_comment(text)
    except CommentError as why:
        assert str(why)
    else:
        assert read_comment(comment.to_text()) == comment
    try:
        signed = signature.read_signature(text)
        signature.verify_signature(signed, bytes(64), PUBLIC)
    except signature.SignatureError as why:
        assert str(why)
    else:
        # Line ends and the untrusted comment are nobody's word; the rest must be what the key signed.
        assert signed == signature.read_signature(SIGNED)
    try:
        stream = io.BytesIO(raw)
        compiled.verify_compiled(stream, compiled.read_head(stream, "x"), "x")
    except DamagedInput as why:
        assert why.hint


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
