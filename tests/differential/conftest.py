"""Nothing here says anything without the kernel: skipped by name, or failed where it must be there."""

import os

import pytest

from sightline.stages.scan import kernel


@pytest.fixture(autouse=True, scope="session")
def _kernel_is_built() -> None:
    if kernel.is_kernel_available():
        return
    if os.environ.get("SIGHTLINE_REQUIRE_KERNEL") == "1":
        pytest.fail("sightline._kernel is not built, and SIGHTLINE_REQUIRE_KERNEL=1 wants it: make build")
    pytest.skip("sightline._kernel is not built: kernel and oracle cannot be compared")
