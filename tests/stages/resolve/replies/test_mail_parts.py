"""A mail that was saved as a file: its attachments and its text are files of the reply."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from sightline.errors import DamagedInput, SightlineError
from sightline.model import NoticeKind
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.stages.resolve.replies import open_reply
from sightline.stages.resolve.replies.mail_parts import has_parts, read_parts

HEAD = "MSISDN,Public IP,Port From,Port To,Start Time,End Time"
ROW = "919845012377,198.51.100.7,39936,40959,2026-03-05 16:41:13,2026-03-05 18:02:51"
CSV = f"{HEAD}\n{ROW}\n"
CELLS = "".join("<tr>" + "".join(f"<td>{one}</td>" for one in line.split(",")) + "</tr>" for line in (HEAD, ROW))
LETTER = "Sir,\nPlease find attached the details.\n\nRegards\nNodal Officer\n"


def write_mail(text: str = LETTER, html: str = "", subject: str = "Re: Notice", **attached: bytes) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "nodal@alpha.example", "cyber@police.example", subject
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, content in attached.items():
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name.replace("_", "."))
    return bytes(mail)


def count_sure_rows(content: bytes, folder: Path) -> int | None:
    """The rows without a doubt; None of a mail that is refused."""
    path = folder / "reply.eml"
    path.write_bytes(content)
    declared = ReplyDeclarations(timezone="Asia/Kolkata", date_order="ymd")
    try:
        batches = list(open_reply(path, NoticeKind.RECORDS, declared).read_batches(lambda *_: None))
    except SightlineError:
        return None
    return sum(batch.assigned["doubted_by"].null_count() for batch in batches)


def test_a_mail_of_one_plain_part_is_a_mail(tmp_path: Path) -> None:
    assert count_sure_rows(write_mail(f"Dear Sir,\n\n{CSV}\nRegards\nNodal Officer\n"), tmp_path) == 1
    assert not has_parts(b"From: nodal@alpha.example\nSubject: Re: Notice\n\nDear Sir,\n")


@pytest.mark.parametrize(
    ("content", "sure"),
    [
        (write_mail(a_csv=CSV.encode()), 1),
        (write_mail("Sir,\nThe data could not be verified.\n", a_csv=CSV.encode()), 0),
        (write_mail(subject="Provisional, not verified", a_csv=CSV.encode()), 0),
        (write_mail(a_csv=CSV.encode(), shot_png=b"\x89PNG\r\n\x1a\n"), 0),
        (write_mail("Sir, see the table", f"<p>Sir,</p><table>{CELLS}</table>"), 1),
        (write_mail(LETTER, "<p>Sir,</p>", a_csv=CSV.encode()), 1),
        (write_mail("We have no such customer as yet"), None),
    ],
)  # fmt: skip
def test_rows_of_a_mail(content: bytes, sure: int | None, tmp_path: Path) -> None:
    assert count_sure_rows(content, tmp_path) == sure


def test_a_mail_of_plain_text_is_read_as_it_is() -> None:
    assert not has_parts(f"From: a@b.example\nSubject: x\n\n{CSV}".encode())
    assert not has_parts(f"{CSV}\nMIME-Version: 1.0\nContent-Type: multipart/mixed".encode())
    assert has_parts(write_mail(a_csv=CSV.encode()))


def test_an_attachment_that_lost_letters_is_damaged() -> None:
    whole = write_mail(a_csv=b"x" * 300)
    at = whole.rindex(b"eHh4")
    with pytest.raises(DamagedInput, match="damaged"):
        read_parts(whole[: at - 40] + b"!" + whole[at - 39 :].replace(b"eHh4", b"eHh", 1))


def test_a_text_in_another_encoding_than_it_says_is_damaged() -> None:
    with pytest.raises(DamagedInput, match="encoding"):
        read_parts(b"From: a@b.example\nContent-Type: text/plain; charset=ascii\n"
                   b"Content-Transfer-Encoding: base64\n\n/////w==\n")  # fmt: skip
