"""Where a node may listen, and how it starts and stops."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from concordat.api.asking import is_loopback
from concordat.api.server import check_exposure, serve
from concordat.client.clock import fetch_now_us
from concordat.client.keys import derive_key, make_key, save_key
from concordat.errors import Refused, UsageError
from concordat.ledger.doctor import examine
from concordat.ledger.files import DiskFiles
from concordat.node.founding import found_chain
from concordat.node.node import Node

PROGRAM = """
import sys
from pathlib import Path
import msgspec
from concordat.api.server import serve
def tell_ready(ready):
    written = Path(sys.argv[2] + ".new")
    written.write_bytes(msgspec.json.encode(ready))
    written.replace(sys.argv[2])
cert, key = (Path(name) for name in sys.argv[3:]) if sys.argv[3:] else (None, None)
serve(Path(sys.argv[1]), port=0, tell_ready=tell_ready, tls_cert=cert, tls_key=key)
"""


@contextmanager
def run_server(folder: Path, ready_file: Path, *more: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a server and wait until it says that it answers, or until it ends."""
    command = [sys.executable, "-c", PROGRAM, str(folder), str(ready_file), *map(str, more)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not ready_file.exists() and process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.05)
            yield process
        finally:
            process.kill()


def stop(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    return process.wait(timeout=30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found_chain(tmp_path / "node", None, None, fetch_now_us())
    return tmp_path / "node"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_when_it_answers_and_stops_cleanly(folder: Path, tmp_path: Path, number: signal.Signals) -> None:
    ready_file = tmp_path / "ready.json"
    with run_server(folder, ready_file) as process:
        ready = json.loads(ready_file.read_text(encoding="utf-8"))
        assert (ready["pid"], ready["height"]) == (process.pid, 0)
        assert httpx2.get(f"{ready['api']}/v1/status").json()["height"] == 0
        assert stop(process, number) == 0
    assert all(check.status == "ok" for check in examine(DiskFiles(folder)))


def test_only_the_nodes_user_may_open_its_files(folder: Path) -> None:
    (folder / "views.sqlite").touch(0o644)
    node = Node(folder)
    try:
        assert list_open_files(folder) == []
        assert (folder / "views.sqlite-wal").exists()
    finally:
        node.close()
    assert list_open_files(folder) == []


def list_open_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]


def test_two_servers_do_not_share_a_folder(folder: Path, tmp_path: Path) -> None:
    with run_server(folder, tmp_path / "first.json") as process:
        with run_server(folder, tmp_path / "second.json") as second:
            assert second.wait(timeout=30) != 0
            assert second.stderr is not None
            assert "ledger.folder_in_use" in second.stderr.read()
        assert stop(process, signal.SIGTERM) == 0


def make_certificate(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """Return a certificate, its key, and a file that is not there."""
    cert, key = folder / f"{name}-cert.pem", folder / f"{name}-key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj", "/CN=node",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return cert, key, folder / "absent.pem"


def test_it_speaks_tls(folder: Path, tmp_path: Path) -> None:
    cert, key, _ = make_certificate(tmp_path, "node")
    ready_file = tmp_path / "ready.json"
    with run_server(folder, ready_file, cert, key) as process:
        api = json.loads(ready_file.read_text(encoding="utf-8"))["api"]
        assert api.startswith("https://")
        context = ssl.create_default_context(cafile=cert)
        assert httpx2.get(f"{api}/v1/status", verify=context).status_code == 200
        assert stop(process, signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) == expected


def test_it_does_not_listen_for_others_without_tls_or_a_proxy(folder: Path) -> None:
    with pytest.raises(Refused, match=r"node\.needs_tls"):
        serve(folder, host="0.0.0.0", port=0, tell_ready=print)


def test_a_certificate_comes_with_its_key(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"input\.missing_field"):
        serve(folder, port=0, tls_cert=tmp_path / "cert.pem", tell_ready=print)


def test_of_certificate_and_key_the_wrong_file_is_named(folder: Path, tmp_path: Path) -> None:
    cert, key, absent = make_certificate(tmp_path, "one")
    other_cert, _, _ = make_certificate(tmp_path, "other")
    swapped = ((key, cert, key), (cert, cert, cert))
    for tls_cert, tls_key, named in ((absent, key, absent), (cert, absent, absent), *swapped, (other_cert, key, key)):
        with pytest.raises(Refused, match=r"node\.bad_tls") as refusal:
            serve(folder, port=0, tls_cert=tls_cert, tls_key=tls_key, tell_ready=print)
        assert str(named) in refusal.value.detail


def test_keys_that_anybody_can_compute_stay_on_this_machine(folder: Path) -> None:
    check_exposure(folder, "0.0.0.0", has_tls=True, is_proxied=False)
    save_key(folder / "keys" / "officers" / "good.key", make_key(), "password")
    check_exposure(folder, "0.0.0.0", has_tls=True, is_proxied=False)
    save_key(folder / "keys" / "officers" / "demo.key", derive_key("seed", "demo"))
    check_exposure(folder, "127.0.0.1", has_tls=False, is_proxied=False)
    with pytest.raises(Refused, match=r"node\.derived_keys"):
        check_exposure(folder, "0.0.0.0", has_tls=True, is_proxied=False)
    with pytest.raises(Refused, match=r"node\.derived_keys"):
        check_exposure(folder, "127.0.0.1", has_tls=False, is_proxied=True)


def test_a_taken_port_is_said(folder: Path, tmp_path: Path) -> None:
    found_chain(tmp_path / "other", None, None, fetch_now_us())
    ready_file = tmp_path / "ready.json"
    with run_server(folder, ready_file) as process:
        port = int(json.loads(ready_file.read_text(encoding="utf-8"))["api"].rpartition(":")[2])
        with pytest.raises(Refused, match=r"node\.cannot_listen"):
            serve(tmp_path / "other", port=port, tell_ready=print)
        assert stop(process, signal.SIGTERM) == 0
