from __future__ import annotations

from hashlib import sha256
from urllib.parse import unquote

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.client.keys import derive_key
from concordat.client.requests import WINDOW_US, check_request, make_path, sign_request
from concordat.crypto.signatures import is_valid
from concordat.errors import NotFound, Refused

KEY = derive_key("tests", "officer")
CHAIN = sha256(b"chain").digest()
NODE = derive_key("tests", "node").public_key
NOW_US = 1_800_000_000_000_000
NONCE = bytes(range(16))
HEADER = sign_request(KEY, CHAIN, NODE, "GET", "/v1/me?x=1", b"", NOW_US, NONCE)


def test_a_signed_request_tells_who_asks() -> None:
    assert check_request(HEADER, CHAIN, NODE, "GET", "/v1/me?x=1", b"", NOW_US) == (KEY.public_key, NONCE)


def test_the_signed_text_is_the_one_of_the_interface() -> None:
    where = f"concordat/request/v1\n{CHAIN.hex()}\n{NODE.hex()}\n"
    text = f"{where}GET\n/v1/me?x=1\n{NOW_US}\n{NONCE.hex()}\n{sha256(b'').hexdigest()}\n"
    signature = bytes.fromhex(HEADER.rpartition('signature="')[2].rstrip('"'))
    assert is_valid(KEY.public_key, signature, text.encode())


@pytest.mark.parametrize(
    ("chain", "node", "method", "target", "body"),
    [
        (sha256(b"other").digest(), NODE, "GET", "/v1/me?x=1", b""),
        (CHAIN, KEY.public_key, "GET", "/v1/me?x=1", b""),
        (CHAIN, NODE, "POST", "/v1/me?x=1", b""),
        (CHAIN, NODE, "GET", "/v1/me?x=2", b""),
        (CHAIN, NODE, "GET", "/v1/me?x=1", b" "),
    ],
)
def test_a_signature_is_good_for_one_request_to_one_node(
    chain: bytes, node: bytes, method: str, target: str, body: bytes
) -> None:
    with pytest.raises(Refused, match=r"auth\.bad_signature"):
        check_request(HEADER, chain, node, method, target, body, NOW_US)


@pytest.mark.parametrize("shift", [-WINDOW_US, 0, WINDOW_US])
def test_a_request_is_good_within_the_window(shift: int) -> None:
    check_request(HEADER, CHAIN, NODE, "GET", "/v1/me?x=1", b"", NOW_US + shift)
    with pytest.raises(Refused, match=r"auth\.stale"):
        check_request(HEADER, CHAIN, NODE, "GET", "/v1/me?x=1", b"", NOW_US + (shift or 2 * WINDOW_US) * 2)


@given(st.integers(0, len(HEADER) - 1), st.integers(1, 127))
def test_no_changed_header_passes(place: int, change: int) -> None:
    changed = HEADER[:place] + chr(ord(HEADER[place]) ^ change) + HEADER[place + 1 :]
    with pytest.raises(Refused, match=r"auth\."):
        check_request(changed, CHAIN, NODE, "GET", "/v1/me?x=1", b"", NOW_US)


@given(st.text() | st.text().map(lambda text: "Concordat " + text))
def test_junk_is_malformed(header: str) -> None:
    with pytest.raises(Refused, match=r"auth\.malformed"):
        check_request(header, CHAIN, NODE, "GET", "/", b"", NOW_US)


@given(st.text(max_size=12) | st.text("/.%?#&; \\a", max_size=6))
def test_a_name_is_one_segment_of_the_path_or_refused(name: str) -> None:
    try:
        target = make_path("/v1/members", name, "x")
    except NotFound:
        assert "/" in name or not name.strip(".") or not name.isprintable()
        return
    sent = httpx2.Request("GET", f"http://node{target}").url.raw_path.decode()
    assert [unquote(part) for part in sent.split("/")] == ["", "v1", "members", name, "x"]
