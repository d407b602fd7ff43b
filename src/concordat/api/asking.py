"""What a request says: its language, its id, its JSON, its batch. Strict, so that two readers never differ."""

from __future__ import annotations

import ipaddress
import secrets
from typing import Any, Final

from litestar.connection import ASGIConnection, Request

from concordat.contracts.text import Language
from concordat.errors import UsageError

Asking = Request[Any, Any, Any]
"""A request of this application: its `user` is a `concordat.api.access.Reader`."""

Connection = ASGIConnection[Any, Any, Any, Any]

BATCH_MAX: Final = 1000

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_REQUEST_ID: Final = "request_id"


def get_method(request: Connection) -> str:
    """Return the HTTP method."""
    return str(request.scope["method"])  # type: ignore[typeddict-item]  # there are HTTP routes only


def get_address(request: Connection) -> str:
    """Return from where a request is counted: an IPv4 address, or the 64 bits of network of an IPv6 host."""
    return shorten_address(request.client.host if request.client else "")


def shorten_address(host: str) -> str:
    """Return what counts as one address.

    >>> [shorten_address(host) for host in ("10.0.0.1", "2001:db8::1:2", "::ffff:10.0.0.1", "testclient")]
    ['10.0.0.1', '2001:db8::/64', '10.0.0.1', 'testclient']
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4 or address.ipv4_mapped:
        return str(address if address.version == 4 else address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def get_language(request: Connection) -> Language:
    """Return the language that the reader prefers by Accept-Language; English when it names neither."""
    return choose_language(request.headers.get("accept-language", ""))


def choose_language(header: str) -> Language:
    """Return "zh" or "en" by the weights of an Accept-Language header (RFC 9110 §12.5.4).

    >>> choose_language("zh-CN,zh;q=0.9,en;q=0.8"), choose_language("fr, zh;q=0.2, en;q=0.4"), choose_language("")
    ('zh', 'en', 'en')
    """
    weights: dict[str, float] = {"en": 0.0, "zh": 0.0}
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";q=")
        language = tag.split("-")[0].lower()
        if language in weights:
            weights[language] = max(weights[language], _read_weight(weight))
    return "zh" if weights["zh"] > weights["en"] else "en"


def _read_weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def get_request_id(request: Connection) -> str:
    """Return the id that the answer, a problem and the diagnostics share; made on first use."""
    found: str = request.scope["state"].setdefault(_REQUEST_ID, secrets.token_hex(8))
    return found


def split_batch(body: bytes) -> list[bytes]:
    """Return the transactions of a batch: repeated u32be length ‖ wire.

    Raises:
        UsageError: `input.bad_batch` when the lengths do not fit the body, or there are none or too many.
    """
    wires: list[bytes] = []
    place = 0
    while place < len(body):
        end = place + 4 + int.from_bytes(body[place : place + 4], "big")
        if end > len(body) or len(body) - place < 4:
            raise UsageError("input.bad_batch", f"byte {place}")
        wires.append(body[place + 4 : end])
        place = end
    if not 0 < len(wires) <= BATCH_MAX:
        raise UsageError("input.bad_batch", f"{len(wires)} transactions")
    return wires
