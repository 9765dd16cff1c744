"""Deterministic NAT (RFC 7422): compute the ports of an inside address from the parameters of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from sightline.errors import UnknownFormat
from sightline.model import ReplyCode
from sightline.stages.resolve.replies import address_values, cell_text, single_rows
from sightline.stages.resolve.replies.cell_text import UnreadableValue
from sightline.stages.resolve.replies.column_names import reduce_heading, split_words
from sightline.stages.resolve.replies.reply_layouts import ReplyLayout
from sightline.stages.resolve.replies.reply_times import TimeRules
from sightline.stages.resolve.replies.single_rows import AssignedRow, RowFault

_NEEDED = ("inside_prefix", "public_prefix", "ports_per_subscriber", "first_port")


@dataclass(frozen=True, slots=True)
class Parameters:
    """The prefixes, of which every address counts, the first port, and the number of ports of a subscriber."""

    inside: IPv4Network | IPv6Network
    public: IPv4Network
    ports: int
    first_port: int

    def compute_block(self, inside_ip: str) -> tuple[str, int, int]:
        """Return the public address and the first and last port.

        Raises UnreadableValue if the prefixes do not contain them.
        """
        address = ip_address(inside_ip)
        if address.version != self.inside.version or address not in self.inside:
            raise UnreadableValue(ReplyCode.OUTSIDE_PREFIX)
        at_public, at_block = divmod(int(address) - int(self.inside.network_address), self.per_address)
        if at_public >= self.public.num_addresses:
            raise UnreadableValue(ReplyCode.OUTSIDE_PREFIX)
        first = self.first_port + at_block * self.ports
        return str(self.public.network_address + at_public), first, first + self.ports - 1

    @property
    def per_address(self) -> int:
        """Return how many subscribers share an address."""
        return (65536 - self.first_port) // self.ports


_OF_A_NAT = frozenset(
    "port ports address addresses algorithm allocation assignment valid effective reserved subscriber subscribers user"
    " users range block blocks size per last end from until pool order".split()
)
"""Words of a name of a parameter: one that is not known may change all that is reckoned."""


def parse_parameters(layout: ReplyLayout, above: Sequence[Sequence[str]]) -> Parameters:
    """Parse the parameters above the table, each a name and a value. Raises UnknownFormat."""
    names = {reduce_heading(name): key for key, ones in layout.content["parameters"].items() for name in ones}
    result: dict[str, str] = {}
    for cells in above:
        stand = [cell.strip() for cell in cells if cell.strip()]
        if len(stand) == 1:
            stand = [part.strip() for part in stand[0].replace("=", ":").split(":", 1)]
        if len(stand) == 2 and reduce_heading(stand[0]) not in names and _OF_A_NAT & {*split_words(stand[0])}:
            raise UnknownFormat(
                f"read as {layout.name}, and it is not known what {stand[0]!r} above the table changes",
                hint="ask the ISP for the line of each address and time: a log of its NAT",
            )
        if len(stand) >= 2 and (key := names.get(reduce_heading(stand[0]))):
            if len(stand) > 2 or result.get(key, stand[1]) != stand[1]:
                raise UnknownFormat(
                    f"read as {layout.name}, and {stand[0]} has more than one value above the table",
                    hint="ask the ISP which parameters its NAT had at the time",
                )
            result[key] = stand[1]
    if lacking := [key.replace("_", " ") for key in _NEEDED if key not in result]:
        raise UnknownFormat(
            f"read as {layout.name}, and the lines above the table lack {', '.join(lacking)}",
            hint="ask the ISP for the parameters of its NAT: docs/reference/replies.md says which",
        )
    try:
        parameters = Parameters(
            ip_network(result["inside_prefix"]),
            IPv4Network(result["public_prefix"]),
            int(result["ports_per_subscriber"]),
            int(result["first_port"]),
        )
        if parameters.ports < 1 or not 0 < parameters.first_port < 65536 or not parameters.per_address:
            raise ValueError("ports")
    except ValueError:
        raise UnknownFormat(f"read as {layout.name}, and its parameters are none of a NAT") from None
    return parameters


def read(texts: Mapping[str, str], rules: TimeRules, known: Parameters) -> AssignedRow | RowFault:
    """Read the assignment of a row with an inside address."""
    try:
        inside = cell_text.clean_text(texts.get("inside_ip", ""))
        if inside is None:
            return RowFault("inside_ip", ReplyCode.MISSING_FIELD)
        ip, first, last = known.compute_block(address_values.parse_endpoint(inside)[0])
    except UnreadableValue as error:
        row = single_rows.read_row({**texts, "ip": "", "inside_ip": ""}, rules)
        stands = row.stands if isinstance(row, RowFault) else None
        is_elsewhere = error.code in {ReplyCode.OUTSIDE_PREFIX, *single_rows.ELSEWHERE}
        return RowFault("inside_ip", error.code, None if is_elsewhere else stands)
    return single_rows.read_row({**texts, "ip": ip, "port_from": str(first), "port_to": str(last)}, rules)
