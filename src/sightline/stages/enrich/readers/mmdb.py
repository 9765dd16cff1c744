"""Read MaxMind DBs from any maker: MaxMind, DB-IP, IPinfo, ip-location-db."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from sightline.errors import UsageError
from sightline.model import DatasetCode, DatasetKind
from sightline.stages.enrich.field_mapping import ROW_MAPPERS, MappedRow
from sightline.stages.enrich.mmdb.database import MARKER, Database, open_database
from sightline.stages.enrich.mmdb.values import BadValue
from sightline.stages.enrich.model import COLUMNS, DAY_US
from sightline.stages.enrich.reader import DatasetReading, FilePreview, Rejects, SourceFile

FORMAT = "mmdb"
KINDS = frozenset({DatasetKind.CITY, DatasetKind.NETWORK, DatasetKind.RELAY})
STEP = 20_000
NAME = re.compile(r"\.mmdb(?:\.(?:gz|xz|bz2))?$", re.IGNORECASE)


def reads(seen: FilePreview) -> bool:
    """Return whether the file ends like an MMDB, or has its file name, packed or not."""
    return MARKER in seen.tail or NAME.search(seen.name) is not None


def read(source: SourceFile) -> DatasetReading:
    """Return the networks of a database, each with its record's columns of the kind."""
    database = open_database(source.path)
    networks = database.list_networks()
    rejects = Rejects()
    offsets = networks["offset"].unique().sort()
    mapped = _read_records(database, offsets, source, rejects)
    if not mapped and offsets.len():
        _refuse(database, offsets, source)
    records = list(dict.fromkeys(mapped.values()))
    place = {record: at for at, record in enumerate(records)}
    rows = pl.DataFrame(
        {"offset": list(mapped), "record": [place[record] for record in mapped.values()]},
        schema={"offset": pl.UInt32, "record": pl.UInt32},
    )
    ranges = networks.join(rows, on="offset", how="inner", maintain_order="left").drop("offset")
    never = [pl.lit(None, pl.Int64).alias(name) for name in ("from_us", "until_us")]
    columns = ROW_MAPPERS[source.kind][1]
    schema = {name: COLUMNS[source.kind][name] for name in columns}
    return DatasetReading(
        ranges.select("first", "last", *never, "record"),
        FORMAT,
        rejects,
        pl.DataFrame(records, schema=schema, orient="row"),
        notes=_build_notes(database, source),
    )


def _read_records(database: Database, offsets: pl.Series, source: SourceFile, rejects: Rejects) -> dict[int, MappedRow]:
    """Return what the record at each offset tells, where it tells anything of the kind."""
    map_row = ROW_MAPPERS[source.kind][0]
    mapped: dict[int, MappedRow] = {}
    for done, offset in enumerate(offsets.to_list()):
        if done % STEP == 0:
            source.report_part_done(done, offsets.len(), len(mapped))
        try:
            value = database.values.decode_at(offset)
        except BadValue:
            rejects[DatasetCode.BAD_RECORD] += 1
            continue
        if not isinstance(value, Mapping):
            rejects[DatasetCode.BAD_RECORD] += 1
        elif (row := map_row(value, rejects)) is not None:
            mapped[offset] = row
    return mapped


def _refuse(database: Database, offsets: pl.Series, source: SourceFile) -> None:
    """Raise UsageError where no record tells of the kind, with what they do tell of."""
    kind = database.metadata.database_type or "an unnamed database"
    for other in sorted(KINDS - {source.kind}):
        try:
            value = database.values.decode_at(int(offsets[offsets.len() // 2]))
        except BadValue:
            continue
        if isinstance(value, Mapping) and ROW_MAPPERS[other][0](value, Rejects()) is not None:
            raise UsageError(
                f"{source.path.name} ({kind}) tells nothing of kind {source.kind}: it tells of {other}",
                hint=f"--kind {other}",
            )
    if source.kind is not DatasetKind.RELAY:
        raise UsageError(f"{source.path.name} ({kind}) tells nothing of kind {source.kind}", hint="choose another file")


def _build_notes(database: Database, source: SourceFile) -> dict[str, object]:
    """Return when it was built, and that this is later than the date that it was given, if it is."""
    build_epoch = database.metadata.build_epoch
    kind = database.metadata.database_type
    notes: dict[str, object] = ({"built_s": build_epoch} if build_epoch else {}) | (
        {"database_type": kind} if kind else {}
    )
    if build_epoch * 1_000_000 >= source.dated_us + 2 * DAY_US:
        notes["built_after_its_date"] = True
    return notes
