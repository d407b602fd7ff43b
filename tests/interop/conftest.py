"""Tools that we did not write, built from pinned sources. Where one cannot be had, its tests are skipped; not in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parent / "tools"
PACKAGES = ("filippo.io/torchwood/cmd/litewitness", "filippo.io/torchwood/cmd/spicy", ".")
NEEDED = ("go", "ssh-agent", "ssh-add", "ssh-keygen")
BUILD_S = 900


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with litewitness, spicy and our reader on torchwood's client (`interop`)."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"missing: {', '.join(missing)}")
    assert not missing
    folder = tmp_path_factory.mktemp("tools")
    for path in TOOLS.iterdir():
        shutil.copy(path, folder)  # go writes what it finds out into go.mod
    (folder / "bin").mkdir()
    for package in PACKAGES:
        command = ["go", "build", "-mod=mod", "-o", "bin/", package]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BUILD_S)
        if done.returncode and not os.environ.get("CI"):
            pytest.skip(f"cannot be built here: {done.stderr[-300:]}")
        assert done.returncode == 0, done.stderr
    return folder / "bin"
