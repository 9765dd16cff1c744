"""Join headings that stand in two rows, such as `Public` above `IP` and `Port`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sightline.stages.resolve.replies.column_names import find_zone

LEAST_GROUPS = 2
"""The minimum number of cells in each row. One cell alone is a title of the table."""


def join_headings(upper: Sequence[str], lower: Sequence[str], is_known: Callable[[str], bool]) -> list[str] | None:
    """Return the headings of two rows, or None if the upper one cannot be a row of headings.

    A cell of the upper row is valid up to the next one, as in merged cells. Where both together are no known column,
    the lower cell stands alone, with the zone that the upper one says.
    """
    width = max(len(upper), len(lower))
    above, below = ([*(cell.strip() for cell in cells), *[""] * (width - len(cells))] for cells in (upper, lower))
    if any(sum(1 for cell in cells if cell) < LEAST_GROUPS for cells in (above, below)):
        return None
    groups = fill_groups(above)
    return [_join_pair(group, one, over, is_known) for group, one, over in zip(groups, below, above, strict=True)]


def fill_groups(upper: Sequence[str]) -> list[str]:
    """Return the cells of an upper row of headings, each valid up to the next one."""
    filled: list[str] = []
    for cell in upper:
        filled.append(cell.strip() or (filled[-1] if filled else ""))
    return filled


def find_unread_groups(upper: Sequence[str], lower: Sequence[str], headings: Sequence[str]) -> list[str]:
    """Return for each of the joined headings the cell above it that it does not have, or nothing."""
    groups = [*fill_groups(upper), *[""] * len(headings)]
    if upper and len(upper) < len(headings):
        groups[len(upper) : len(headings)] = [groups[len(upper) - 1]] * (len(headings) - len(upper))
    below = [*(cell.strip() for cell in lower), *[""] * len(headings)]
    return [
        "" if not one or heading == f"{group} {one}".strip() else group
        for heading, group, one in zip(headings, groups, below, strict=False)
    ]


def _join_pair(group: str, lower: str, own: str, is_known: Callable[[str], bool]) -> str:
    if not lower:
        return own
    both = f"{group} {lower}".strip()
    if is_known(both):
        return both
    zone = find_zone(group)
    return lower if zone is None or find_zone(lower) else f"{lower} ({_write_zone(zone)})"


def _write_zone(zone: str) -> str:
    return "IST" if zone == "Asia/Kolkata" else f"UTC{zone}" if zone[0] in "+-" else zone
