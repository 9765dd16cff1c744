"""The addresses that clients and servers have inside the namespace: documentation ranges only."""

import random

SERVER = "203.0.113.80"
SERVER6 = "2001:db8:5::80"
ORIGIN = "203.0.113.90"
NAMESERVER = "203.0.113.53"
NAMESERVER6 = "2001:db8:5::53"
UPSTREAM = "203.0.113.54"
COLLECTOR = "203.0.113.60"
CLIENTS = tuple([f"192.0.2.{n}" for n in range(10, 40)] + [f"198.51.100.{n}" for n in range(10, 40)])
CLIENTS6 = tuple(f"2001:db8:c::{n:x}" for n in range(16, 48))

V4_NETWORKS = ("192.0.2.1/24", "198.51.100.1/24", "203.0.113.1/24")
V4_ADDRESSES = (SERVER, ORIGIN, NAMESERVER, UPSTREAM)  # named listens only where an interface has the address
V6_ADDRESSES = (SERVER6, NAMESERVER6, *CLIENTS6)


def client_of(number: int, *, v6: bool = False) -> str:
    """The client address for the `number`-th request: the same one each time."""
    among = CLIENTS6 if v6 else CLIENTS
    return among[random.Random(number).randrange(len(among))]
