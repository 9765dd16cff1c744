"""Derive the field of a key or column from its name, if the name is unambiguous."""

from __future__ import annotations

from sightline.stages.formats.draft.value_kinds import ValueKind

SAYS = {
    "source_ip": """cip srcip src sourceip sourceaddress srcaddr clientaddr clientaddress idorigh ipsrc""",
    "source_port": "srcport spt sport sourceport clientport cport idorigp",
    "destination_ip": "dstip dst destip destinationip destinationaddress dstaddr idresph ipdst",
    "destination_port": "dstport dpt dport destport destinationport idrespp",
    "host": "cshost cshosthost qname query queryname questionname httphost requesthost authority sni urlhost",
    "url": "url uri csuri requesturi requesturl fullurl",
    "method": "method csmethod requestmethod httpmethod",
    "status": "status scstatus statuscode httpstatus responsecode httpstatuscode",
    "bytes": "bytes scbytes bytessent responsebytes",
    "user_agent": "useragent csuseragent httpuseragent",
    "referrer": "referer referrer csreferer httpreferer httpreferrer",
    "user": "user username csusername usrname userid",
    "dns_type": "qtype querytype dnstype qtypename questiontype",
}
"""`client_ip` is not here: Caddy, Kong and others take it from what a visitor may write, if a proxy is trusted. An
officer is asked whose address it is.
"""
FIELD = {name: field for field, names in SAYS.items() for name in names.split()}
NEEDS = {
    "source_ip": {ValueKind.ADDRESS},
    "source": {ValueKind.ENDPOINT},
    "destination_ip": {ValueKind.ADDRESS},
    "destination": {ValueKind.ENDPOINT},
    "source_port": {ValueKind.NUMBER},
    "destination_port": {ValueKind.NUMBER},
    "status": {ValueKind.NUMBER},
    "bytes": {ValueKind.NUMBER},
    "method": {ValueKind.METHOD},
    "dns_type": {ValueKind.DNS_TYPE},
    "host": {ValueKind.HOST},
}
"""The kinds of values that a name needs to be believed."""


def find_field(name: str, kind: ValueKind) -> str | None:
    """Return the field that a key or column names, if its values fit that field."""
    field = FIELD.get("".join(letter for letter in name.lower() if letter.isalnum()))
    if field in ("source_ip", "destination_ip") and kind is ValueKind.ENDPOINT:
        field = field.removesuffix("_ip")
    return field if field is not None and kind in NEEDS.get(field, set(ValueKind)) else None
