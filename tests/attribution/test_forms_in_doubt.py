"""Forms beside a note: nobody reads who the line is from them until an officer declares what the note means."""

from __future__ import annotations

from pathlib import Path

from sightline.casework.notices import replies
from sightline.services.artifacts.identities import decrypt_identities
from sightline.storage.rows import Reply
from tests.attribution.case_file import CASES, DAY, at_us, read_case
from tests.attribution.case_run import begun


def test_a_form_beside_a_note_names_nobody_until_the_note_is_declared(tmp_path: Path) -> None:
    run = begun(read_case(CASES / "identities" / "form-with-a-note.toml"), tmp_path / "work")
    assert not run.faults()
    office = run.officer_session.office
    (of_number,) = decrypt_identities(office.workspace)
    visits = {of_number: (at_us("17:30:00", DAY), at_us("17:30:01", DAY))}
    assert decrypt_identities(office.workspace, visits=visits) == {of_number: {"number": "beta-4711"}}
    with office.workspace.read() as tables:
        (form,) = [reply for reply in tables[Reply].select() if replies.list_doubts(reply)]
    assert replies.list_doubts(form) == ["column:note below the table"]
    replies.confirm_reply(office.io, form.reply_id, "column:note below the table", "its letter of 4 June")
    (identity,) = decrypt_identities(office.workspace, visits=visits).values()
    assert identity["name"] == "A. Invented"
