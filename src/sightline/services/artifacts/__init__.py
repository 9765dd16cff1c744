"""Stored results that several services read: lead generations, notice rows and resolutions.

Entry points: `lead_files.open_generation` (leads), `resolutions.require_newest_resolution` (the newest resolution),
`resolution_files` (its tables), `foundations` (the hits that a result rests on), `parquet_files` (checks of stored
files).
"""
