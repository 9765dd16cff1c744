"""Flag lists: read, sign, verify (`docs/adr/0004-lists.md`).

readers.batches(stream) -> Iterator[RowBatch]              any kind of list file, detected by content; streams
rows.statement(row, junk) -> (kind, value, Statement) | RowReject
load.load(path, pubs, now) -> FlagList                     read, verified and held in memory: the oracle's side
trust.verify_list(path, pubs, now) -> Signature                raises UntrustedList; for a plain or compiled list
diff.differences(old, new) -> Iterator[Change]             indicators added, removed, changed, unchanged
survey.survey_list(path, check, on_reject) -> Survey       identity and counts of a file, in bounded memory;
                                                           `check` takes the rows (the kernel's ListBuilder.add)
junk.junk_names() -> JunkNames(exact, wildcards, exceptions, big_hosts), for the kernel's Builder
signature.keygen, sign, verify                             minisign's formats
"""
