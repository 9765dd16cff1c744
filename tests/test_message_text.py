"""Messages with names that others chose: safe to show, and short, whatever the name."""

import zipfile
from pathlib import Path

import pytest

from sightline.cli.terminal_text import escape_name
from sightline.errors import Conflict, Refused
from sightline.message_text import MAX_CHARS, MAX_NAME_CHARS, format_message_text
from sightline.model import NoticeKind
from sightline.services.resolution.reply_process import open_limited_reply
from sightline.stages.resolve.model import ReplyDeclarations

HOSTILE = "a\x1b[2J\n\u202efdp.\u2066x\x9b\u200e"
ROOM = 60
"""The length of the note of what was left out."""


def test_a_message_has_no_unprintable_character_and_an_end() -> None:
    error = Refused(f"{HOSTILE * 900}: not read", hint=HOSTILE * 900, details=[HOSTILE * 900])
    for text in (str(error), error.hint or "", *error.details):
        assert text.isprintable()
        assert len(text) < MAX_CHARS + ROOM
    assert str(error).endswith(": not read")
    assert len(escape_name("d/" * 5000 + "a.csv")) < MAX_NAME_CHARS + ROOM


def test_letters_of_indian_scripts_keep_their_joiners() -> None:
    assert format_message_text("അവന്\u200d ക്\u200cഷ") == "അവന്\u200d ക്\u200cഷ"


def test_an_officer_sees_the_whole_of_both_texts_of_a_conflict() -> None:
    note = "line of a note " * 200
    assert Conflict("changed", yours=note, theirs=note, version=2).details[1].endswith(note)


@pytest.mark.parametrize("name", ["d/" * 5000 + "a.csv", f"{HOSTILE}.csv"])
def test_a_reply_with_a_hostile_member_name_is_refused_in_one_short_line(name: str, tmp_path: Path) -> None:
    reply = tmp_path / "reply.zip"
    with zipfile.ZipFile(reply, "w") as archive:
        archive.writestr(name, "no heading,of any,reply\n1,2,3\n")
    with (
        pytest.raises(Refused) as refused,
        open_limited_reply(reply, NoticeKind.SUBSCRIBERS, ReplyDeclarations(), lambda *_: None),
    ):
        pass
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < MAX_CHARS + ROOM
    assert str(refused.value).count(".csv") == 1
