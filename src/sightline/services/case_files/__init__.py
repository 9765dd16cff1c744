"""Attachments of notes about a case: checked, sealed under their own key, stored, and opened again.

`attachments.write_note` writes a note with its files; `attachments.open_file` returns the bytes of one.
"""
