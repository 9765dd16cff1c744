"""`python -m tests.servers install`: PostgreSQL from the distribution, its service neither
started nor enabled; Kafka.
"""

from __future__ import annotations

import sys

from tests.real_servers.install import packages
from tests.servers import kafka
from tests.servers.postgres import PACKAGES

if __name__ == "__main__":
    assert sys.argv[1:] == ["install"], __doc__
    packages(list(PACKAGES))
    kafka.install()
