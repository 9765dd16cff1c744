"""Notes, checkpoints and countersignatures against what others published; what is none is refused."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.ledger.note import (
    NoteKey,
    NoteSignature,
    SignatureKind,
    SignedNote,
    TreeHead,
    WrongNote,
    cosign_checkpoint,
    sign_note,
    verify_note,
)

# golang.org/x/mod/sumdb/note, example and note_test.go.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_PRIVATE = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
BY_PETER = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
BY_ENOCH = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
GO_NOTE = (TEXT + "\n" + BY_PETER + BY_ENOCH).encode()

# The verifier key, message and signature that c2sp.org/signed-note gives as vectors.
C2SP = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

# A checkpoint of the Certificate Transparency log Arche, countersigned by public witnesses, as published in 2026.
ARCHE = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
ARCHE_TEXT = "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
ARCHE_NOTE = (
    ARCHE_TEXT + "\n"
    "— arche2025h1.staging.ct.transparency.dev "
    "zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt"
    "0=\n"
    "— arche2025h1.staging.ct.transparency.dev "
    "ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
    "— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/"
    "zZ0WBxtqB0DrAWfBw==\n"
).encode()

# The example of c2sp.org/tlog-cosignature, published without its keys.
SOFA_NOTE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/"
    "zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
).encode()


def test_the_published_notes_verify_and_are_written_as_they_were() -> None:
    for data, vkey in ((GO_NOTE, PETER), (GO_NOTE, ENOCH), (C2SP_NOTE, C2SP), (ARCHE_NOTE, ARCHE)):
        key = NoteKey.read(vkey)
        note = SignedNote.read(data)
        assert [found.key for found in verify_note(note, [key])] == [key]
        assert (key.vkey, note.encode()) == (vkey, data)
    assert len(verify_note(SignedNote.read(GO_NOTE), map(NoteKey.read, (ENOCH, PETER)))) == 2


def test_the_published_countersignature_verifies_with_its_time() -> None:
    (found,) = verify_note(SignedNote.read(ARCHE_NOTE), [NoteKey.read(REMORA)])
    assert found.key.kind is SignatureKind.COSIGNATURE
    assert found.at == datetime.fromtimestamp(0x6A122120, UTC)


def test_the_published_key_makes_the_published_signature() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b64decode(PETER_PRIVATE)[1:])
    assert sign_note(TEXT, "PeterNeumann", private).to_line() == BY_PETER


def test_the_example_of_the_specification_is_read() -> None:
    note = SignedNote.read(SOFA_NOTE)
    checkpoint = TreeHead.read(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert (checkpoint.to_text(), note.encode()) == (note.text, SOFA_NOTE)
    assert int.from_bytes(note.signatures[1].value[:8], "big") == 1679315147


def test_a_countersignature_holds_for_its_time_and_text_only() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    key = NoteKey("auditor.example", private.public_key().public_bytes_raw(), SignatureKind.COSIGNATURE)
    at = datetime(2026, 3, 1, 12, 0, 1, 500_000, UTC)
    made = cosign_checkpoint(ARCHE_TEXT, key.name, private, at)
    note = SignedNote.read(ARCHE_NOTE).with_signatures(made, made)
    assert [found.at for found in verify_note(note, [key])] == [at.replace(microsecond=0)]
    later = NoteSignature(made.name, made.key_id, made.value[:7] + bytes([made.value[7] ^ 1]) + made.value[8:])
    with pytest.raises(WrongNote, match=r"auditor\.example does not hold"):
        verify_note(SignedNote(ARCHE_TEXT, (later,)), [key])
    with pytest.raises(WrongNote, match="does not hold"):
        verify_note(SignedNote(ARCHE_TEXT.replace("1432088532", "1432088533"), (made,)), [key])
    with pytest.raises(WrongNote, match="no signature is by a known key"):
        verify_note(note, [NoteKey(key.name, key.public)])


def test_every_flipped_byte_of_a_note_is_found() -> None:
    data = ARCHE_TEXT.encode() + b"\n" + ARCHE_NOTE.splitlines(keepends=True)[-1]
    key = NoteKey.read(REMORA)
    for place in range(len(data)):
        for bit in (1, 0x20, 0x80):
            flipped = bytearray(data)
            flipped[place] ^= bit
            with pytest.raises(WrongNote):
                verify_note(SignedNote.read(bytes(flipped)), [key])


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        (TEXT + "\n").encode(),
        (TEXT + "\n" + BY_PETER[:-1]).encode(),
        ("\x01" + TEXT + "\n" + BY_PETER).encode(),
        b"\xff" + (TEXT + "\n" + BY_PETER).encode(),
        (TEXT + "\n" + BY_PETER.replace("PeterNeumann", "Bad Name")).encode(),
        (TEXT + "\n" + BY_PETER + "Unexpected line.\n").encode(),
        (TEXT + "\n" + BY_PETER * 101).encode(),
        (TEXT + "\n" + "— short AAAAAA==\n").encode(),
        (TEXT + "\n" + BY_PETER.replace("nAM=", "nAN=")).encode(),
    ],
)
def test_an_invalid_note_is_refused(data: bytes) -> None:
    with pytest.raises(WrongNote):
        SignedNote.read(data)


def test_every_mangled_verifier_key_is_refused() -> None:
    for start in range(len(PETER)):
        for end in range(start, len(PETER) + 1):
            if end - start < len(PETER):
                with pytest.raises(WrongNote):
                    NoteKey.read(PETER[start:end])
    # Wrong length and unknown kind, each with an id that fits.
    for vkey in (
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ):
        with pytest.raises(WrongNote):
            NoteKey.read(vkey)


@pytest.mark.parametrize(
    "text",
    [
        "log.example\n042\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log.example\n-1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log.example\n9999999999999999999\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log.example\n1\nAAAA\n",
        "log.example\n1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=",
        "log.example\n1\n\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "\n1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log.example\n1\n",
    ],
)
def test_an_invalid_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(WrongNote):
        TreeHead.read(text)
