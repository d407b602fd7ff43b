"""Which version of a thing a reader has: entity tags (RFC 9110 §8.8), by the digest of what is answered.

A tag spares the wire, not the work: who may read is judged first, and the answer is made to be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from concordat.api.access import get_reader
from concordat.api.asking import Asking
from concordat.errors import Refused
from concordat.node import reads
from concordat.node.node import Node
from concordat.protocol.messages import Operation

_TAG_DIGITS: Final = 32


def compute_tag(body: bytes, link: str = "") -> str:
    """Return the tag of a body, and of the link that leads on from it."""
    return f'"{sha256(link.encode() + bytes(1) + body).hexdigest()[:_TAG_DIGITS]}"'


def tag_answers(serve: ASGIApp) -> ASGIApp:
    """Return the handler, which gives each whole answer to a GET under `/v1` a tag, or 304 to whoever has it."""

    async def tag(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "GET" or not scope["path"].startswith("/v1/"):
            await serve(scope, receive, send)
            return
        held: list[Message] = []
        wanted = Headers.from_scope(scope).get("if-none-match", "")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                held.append(message)
                return
            if not held or message["type"] != "http.response.body":
                await send(message)
                return
            start = held.pop()
            if message.get("more_body", False):  # a stream has no end to compare
                await send(start)
                await send(message)
                return
            headers = MutableScopeHeaders.from_message(start)
            own = compute_tag(message["body"], headers.get("link", ""))
            headers["ETag"] = own
            if is_named(own, wanted):
                for name in ("Content-Type", "Content-Length", "Content-Disposition"):
                    if name in headers:
                        del headers[name]
                start["status"], message["body"] = 304, b""  # type: ignore[typeddict-unknown-key]
            await send(start)
            await send(message)

        await serve(scope, receive, answer)

    return tag


def is_named(tag: str, header: str) -> bool:
    """Tell whether a list of tags names this one.

    >>> [is_named('"a"', header) for header in ('"a"', 'W/"a"', '"b", "a"', "*", '"b"', "")]
    [True, True, True, True, False, False]
    """
    return tag in {part.strip().removeprefix("W/") for part in header.split(",")} or header.strip() == "*"


def check_unchanged(request: Asking, node: Node, operations: Sequence[Operation]) -> None:
    """Let `prepare` go on only if the contract that its operations are about still is what the signer has read.

    Raises:
        Refused: `request.changed`.
    """
    header = request.headers.get("if-match")
    if header is None:
        return
    reader = get_reader(request)
    numbers = {getattr(operation, "contract", None) for operation in operations}
    number = next(iter(numbers))
    if len(numbers) != 1 or not isinstance(number, int):
        raise Refused("request.changed", "If-Match is for operations on one contract")
    may_read = reader.is_admitted or reads.is_party(node, reader.member, number)
    if not may_read or not is_named(compute_tag(msgspec.json.encode(reads.get_contract(node, number))), header):
        raise Refused("request.changed", f"/v1/contracts/{number}")
