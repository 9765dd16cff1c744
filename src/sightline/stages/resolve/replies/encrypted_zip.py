"""Open members of an AES-encrypted ZIP (WinZip's AE-1 and AE-2) in memory."""

from __future__ import annotations

import hashlib
import hmac
import struct
import zipfile
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sightline.errors import DamagedInput, Refused, UsageError

AES = 99
"""The compression method that means AES. The true one is in the extra field 0x9901."""
MOST_BYTES = 256 << 20
_KEY_BYTES = {1: 16, 2: 24, 3: 32}
_MAC_BYTES = 10
_BLOCKS = 4096


def open_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, password: bytes, where: str) -> bytes:
    """Return the bytes of a member. Raises UsageError (wrong password), DamagedInput, Refused."""
    strength, method = _read_extra_field(entry, where)
    if max(entry.file_size, entry.compress_size) > MOST_BYTES:
        raise Refused(f"{where}: too large to be opened under AES", hint="unpack it, and give the file that lies in it")
    packed = _read_packed_bytes(archive, entry)
    key_bytes = _KEY_BYTES[strength]
    salt_bytes = key_bytes // 2
    salt, check, body, mac = (
        packed[:salt_bytes],
        packed[salt_bytes : salt_bytes + 2],
        packed[salt_bytes + 2 : -_MAC_BYTES],
        packed[-_MAC_BYTES:],
    )
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, 1000, 2 * key_bytes + 2)
    if keys[-2:] != check:
        raise UsageError(f"{where}: the password is wrong", hint="give the right one with --password-file FILE")
    made = hmac.digest(keys[key_bytes : 2 * key_bytes], body, "sha1")[:_MAC_BYTES]
    if not hmac.compare_digest(made, mac):
        raise DamagedInput(f"{where}: altered or cut off, or the password is wrong", hint="ask for it again")
    plain = _decrypt(body, keys[:key_bytes])
    if method == zipfile.ZIP_STORED:
        return plain
    if method != zipfile.ZIP_DEFLATED:
        raise Refused(f"{where}: packed by method {method}, which is not read", hint="ask for it as an ordinary ZIP")
    inflater = zlib.decompressobj(-15)
    result = inflater.decompress(plain, MOST_BYTES)
    if not inflater.eof:
        raise DamagedInput(
            f"{where}: it breaks off, or unfolds to far more than a reply would", hint="ask for it again"
        )
    return result


def _read_extra_field(entry: zipfile.ZipInfo, where: str) -> tuple[int, int]:
    """The strength of the key and the true method of compression, from the extra field. Raises DamagedInput."""
    at = 0
    while at + 4 <= len(entry.extra):
        kind, length = struct.unpack_from("<HH", entry.extra, at)
        if kind == 0x9901 and length >= 7 and at + 11 <= len(entry.extra):
            _, _, strength, method = struct.unpack_from("<H2sBH", entry.extra, at + 4)
            if strength in _KEY_BYTES:
                return strength, method
        at += 4 + length
    raise DamagedInput(f"{where}: says AES and not which", hint="ask for it again")


def _read_packed_bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes as stored, behind the local header."""
    stream = archive.fp
    if stream is None:
        return b""
    stream.seek(entry.header_offset)
    name_bytes, extra_bytes = struct.unpack_from("<HH", stream.read(30), 26)
    stream.seek(entry.header_offset + 30 + name_bytes + extra_bytes)
    return stream.read(entry.compress_size)


def _decrypt(body: bytes, key: bytes) -> bytes:
    """Counter mode with a little-endian counter from 1, which no library has."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  - a counter of our own
    pieces = []
    for start in range(0, len(body), 16 * _BLOCKS):
        piece = body[start : start + 16 * _BLOCKS]
        first = start // 16 + 1
        counters = b"".join(number.to_bytes(16, "little") for number in range(first, first + -(-len(piece) // 16)))
        stream = encryptor.update(counters)[: len(piece)]
        pieces.append((int.from_bytes(piece, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(piece), "big"))
    return b"".join(pieces)
