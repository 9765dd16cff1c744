"""The receiving side of one Frame Streams connection: the handshake, and frames of at most a mebibyte.

Source: `fstrm/control.h` of the Frame Streams library. A control frame is a zero, its length, its type, and fields.
"""

from __future__ import annotations

import struct

CONTENT_TYPE = b"protobuf:dnstap.Dnstap"
ACCEPT, START, STOP, READY, FINISH = 1, 2, 3, 4, 5
MOST_OF_CONTROL_FRAME = 512
"""As in the library."""
MOST_OF_FRAME = 1 << 20
"""As in the library, by default."""
CONTENT_TYPE_FIELD = 1
_NUMBER = struct.Struct(">I")


class NotFrames(ValueError):
    """Bytes that are no frame stream of dnstap; the text says why."""


def build_control_frame(kind: int) -> bytes:
    """Return a control frame; those that begin something name the content type."""
    fields = b"" if kind in {STOP, FINISH} else _NUMBER.pack(CONTENT_TYPE_FIELD) + _add_size(CONTENT_TYPE)
    return bytes(4) + _add_size(_NUMBER.pack(kind) + fields)


def _add_size(content: bytes) -> bytes:
    return _NUMBER.pack(len(content)) + content


class FrameReceiver:
    """Takes the bytes of a connection. The caller takes `frames` and sends `reply`, and empties both.

    `frames`: the data frames that are complete, each with its length before it.
    """

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.reply = b""
        self.has_ended = False
        self._left = bytearray()
        self._is_started = False

    @property
    def held_bytes(self) -> int:
        """Return how many bytes of an unfinished frame are held."""
        return len(self._left)

    def feed(self, content: bytes) -> None:
        """Take bytes. Raises NotFrames; the frames before what is wrong count."""
        self._left += content
        at = 0
        while not self.has_ended and (end := self._end_of(at)) is not None:
            if self._number(at):
                if not self._is_started:
                    raise NotFrames("it sent data before it said what")
                self.frames.append(bytes(self._left[at:end]))
            else:
                self._take_control(bytes(self._left[at + 8 : end]))
            at = end
        del self._left[:at]

    def _end_of(self, at: int) -> int | None:
        """Return where the frame ends that begins there, or None if it is not there yet."""
        if len(self._left) < at + 4:
            return None
        length, head, most = self._number(at), 4, MOST_OF_FRAME
        if length == 0:
            if len(self._left) < at + 8:
                return None
            length, head, most = self._number(at + 4), 8, MOST_OF_CONTROL_FRAME
        if length > most:
            raise NotFrames(f"a frame of {length} bytes, and {most} are the most")
        return at + head + length if len(self._left) >= at + head + length else None

    def _number(self, at: int) -> int:
        return int(_NUMBER.unpack_from(self._left, at)[0])

    def _take_control(self, frame: bytes) -> None:
        if len(frame) < 4:
            raise NotFrames("a control frame without a type")
        kind = _NUMBER.unpack_from(frame)[0]
        if kind in {READY, START} and not self._is_started:
            types = _parse_content_types(frame[4:])
            if types and CONTENT_TYPE not in types:
                raise NotFrames("it sends other content than dnstap")
            self._is_started = kind == START
            self.reply += build_control_frame(ACCEPT) if kind == READY else b""
        elif kind == STOP and self._is_started:
            self.reply, self.has_ended = build_control_frame(FINISH), True
        else:
            raise NotFrames(f"a control frame of type {kind} at the wrong time")


def _parse_content_types(fields: bytes) -> list[bytes]:
    result, at = [], 0
    while at < len(fields):
        if at + 8 > len(fields):
            raise NotFrames("a field of a control frame is cut off")
        kind, length = _NUMBER.unpack_from(fields, at)[0], _NUMBER.unpack_from(fields, at + 4)[0]
        at += 8 + length
        if at > len(fields):
            raise NotFrames("a field of a control frame is cut off")
        if kind == CONTENT_TYPE_FIELD:
            result.append(fields[at - length : at])
    return result
