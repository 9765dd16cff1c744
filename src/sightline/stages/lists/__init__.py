"""Flag lists: read, sign, verify (`docs/adr/0004-lists.md`).

Entry points: `readers.read_batches` reads any kind of list file, `trust.verify_list` verifies a plain or compiled one,
and `load.load_list` does both and holds the list in memory. `survey.survey_list` counts a file in bounded memory,
`diff.compare_lists` compares two versions, and `signature` signs.
"""
