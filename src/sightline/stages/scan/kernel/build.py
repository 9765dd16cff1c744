"""The build of the kernel: whether there is one, and which it is."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


def is_kernel_available() -> bool:
    """Return whether the kernel was built."""
    return importlib.util.find_spec("sightline._kernel") is not None


@cache
def compute_kernel_digest() -> str:
    """Return the SHA-256 of the kernel's file, which identifies its build; empty if it was not built."""
    spec = importlib.util.find_spec("sightline._kernel")
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest() if spec and spec.origin else ""
