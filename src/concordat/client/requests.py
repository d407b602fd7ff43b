"""Signed requests: how a machine signs in. Each request carries a signature of its officer's key.

    Authorization: Concordat key="<hex>", time="<µs>", nonce="<hex>", signature="<hex>"

The signature covers chain, the node's key, method, target, time, nonce and body, so that it is good for one request to
one node.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from concordat.client.keys import Key
from concordat.crypto.signatures import is_accepted_by_libsodium
from concordat.errors import NotFound, Refused

WINDOW_US: Final = 300 * 1_000_000
"""How far the request's time may lie from the node's clock; for as long a node remembers nonces."""

_HEADER = re.compile(
    r'Concordat key="([0-9a-f]{64})", time="(0|[1-9][0-9]{0,15})", nonce="((?:[0-9a-f]{2}){8,32})", '
    r'signature="([0-9a-f]{128})"'
)


def make_path(folder: str, *names: str | int) -> str:
    """Return the path below `folder` of what people call by `names`, each escaped as one segment.

    Raises:
        NotFound: `read.no_such_name` for a name that no server could receive as one segment.
    """
    for name in map(str, names):
        if name.strip(".") == "" or "/" in name or not name.isprintable():
            raise NotFound("read.no_such_name", name)
    return "/".join((folder, *(quote(str(name), safe="") for name in names)))


def sign_request(
    key: Key, chain_id: bytes, node_key: bytes, method: str, target: str, body: bytes, now_us: int, nonce: bytes
) -> str:
    """Return the Authorization header's value. `target` is path and query as sent; `nonce` has 8 to 32 bytes.

    `node_key` is the key of the one node that may take it.
    """
    signature = key.sign(_render_text(chain_id, node_key, method, target, body, str(now_us), nonce.hex()))
    return (
        f'Concordat key="{key.public_key.hex()}", time="{now_us}", nonce="{nonce.hex()}", signature="{signature.hex()}"'
    )


def check_request(
    header: str, chain_id: bytes, node_key: bytes, method: str, target: str, body: bytes, now_us: int
) -> tuple[bytes, bytes]:
    """Return the public key that signed the request, and the nonce, which the caller must not have seen before.

    Raises:
        Refused: `auth.malformed`, `auth.stale`, `auth.bad_signature`.
    """
    match = _HEADER.fullmatch(header)
    if match is None:
        raise Refused("auth.malformed", "the Authorization header")
    key, time, nonce, signature = match.groups()
    if abs(int(time) - now_us) > WINDOW_US:
        raise Refused("auth.stale", time)
    public_key = bytes.fromhex(key)
    text = _render_text(chain_id, node_key, method, target, body, time, nonce)
    if not is_accepted_by_libsodium(public_key, bytes.fromhex(signature), text):
        raise Refused("auth.bad_signature", key)
    return public_key, bytes.fromhex(nonce)


def _render_text(
    chain_id: bytes, node_key: bytes, method: str, target: str, body: bytes, time: str, nonce: str
) -> bytes:
    where = ("concordat/request/v1", chain_id.hex(), node_key.hex())
    return ("\n".join((*where, method, target, time, nonce, sha256(body).hexdigest())) + "\n").encode()
