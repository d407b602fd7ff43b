from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from concordat.cli.main import run

from .world import SCHEMAS, Answer, Call, World, make_world


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command with --json; its one document must fit the command's schema, or the one for errors."""

    def call_command(schema: str, *words: str | Path) -> Answer:
        capsys.readouterr()
        status = run([str(word) for word in words] + ["--json"])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        lines = out.splitlines()
        document = json.loads(lines[-1])
        assert document["schema_version"] == 1
        name = "error" if "rule" in document else schema
        jsonschema.validate(document, json.loads((SCHEMAS / f"{name}.schema.json").read_text()))
        if schema != "replay-roots":
            assert len(lines) == 1
        return Answer(status, document, lines, err)

    return call_command


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One world for every test that only reads."""
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def damaged(sound: World, tmp_path: Path) -> Path:
    """A copy of the node's folder, to be damaged."""
    return Path(shutil.copytree(sound.node, tmp_path / "copy"))
