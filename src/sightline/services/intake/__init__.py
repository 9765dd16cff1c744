"""Log files that arrive by the browser: uploads in pieces, their digests, a trial and the scan (ADR 36).

Call `IntakeStore` for what has arrived, `check_files` for a trial and `scan_files` for the scan.
"""
