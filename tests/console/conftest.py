from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .scene import Scene, make_scene
from .visitor import Visitor


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The whole story, to read only."""
    scene = make_scene(tmp_path_factory.mktemp("told") / "node")
    yield scene
    scene.node.close()


@pytest.fixture
def visitor(told: Scene) -> Iterator[Visitor]:
    """An officer of Azure Bay, signed in."""
    with Visitor(told.node) as found:
        found.sign_in()
        yield found


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A chain of its own, just begun, to act on."""
    found = Scene(tmp_path / "node")
    yield found
    found.node.close()


@pytest.fixture
def officer(scene: Scene) -> Iterator[Visitor]:
    """The same officer on the chain to act on."""
    with Visitor(scene.node) as found:
        found.sign_in()
        yield found
