from __future__ import annotations

from collections.abc import Iterator

import pytest

from concordat.testing.consortium import Consortium


@pytest.fixture
def c() -> Iterator[Consortium]:
    """A consortium in which nothing is broken at the end either."""
    consortium = Consortium()
    yield consortium
    consortium.check_invariants()
