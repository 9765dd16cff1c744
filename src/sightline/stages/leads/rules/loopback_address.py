"""The server's own address: its visitors came through a program on it, as those of an onion service through Tor."""

from __future__ import annotations

import polars as pl

from sightline.model import Ceiling
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="loopback-address",
    version=1,
    side=Side.CEILING,
    sentence="{source_ip} is the server itself, such as its Tor daemon in front of an onion service:"
    " no visitor's address",
    session_condition=pl.col("source_ip").str.starts_with("127.") | pl.col("source_ip").eq("::1"),
    ceiling=Ceiling.RELAY,
)
