"""Attachments of notes about a case: checked, sealed under their own key, stored, and opened again.

`attach.write_note` writes a note with its files; `open_file.open_file` returns the bytes of one.
"""
