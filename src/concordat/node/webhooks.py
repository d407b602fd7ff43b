"""Webhooks: what concerns a member goes, block by block, to an address that the operator named (spec/http.md HTTP-43).

`webhooks.json` in the node's folder is a list of `{member, url, secret}`; kept is up to which position each receiver
has acknowledged.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from concordat.client.clock import fetch_now_us
from concordat.errors import UsageError
from concordat.ledger.files import Files
from concordat.node import reads
from concordat.node.delivery import Lane, Sent
from concordat.node.node import Node
from concordat.primitives.codec import Struct
from concordat.primitives.plain import from_plain, read_json

T = TypeVar("T")

WEBHOOKS_FILE: Final = "webhooks.json"
ENTRIES_MAX: Final = 1000
"""In one request; a block with more comes in several."""
_TIMEOUT_S: Final = 10.0
POSITION: Final = "position"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Post = Callable[[str, bytes, dict[str, str]], str]
"""Send a body with headers to a URL; return nothing when it was acknowledged, else what was the matter."""


class Webhook(Struct, frozen=True):
    """Where what concerns a member goes, and the secret that it is signed with."""

    member: str
    url: str
    secret: Annotated[bytes, msgspec.Meta(min_length=32)]


def name_receiver(webhook: Webhook) -> str:
    """Return under which name a webhook's marks are kept."""
    return f"{webhook.member} {webhook.url}"


def read_named(kind: type[T], files: Files, name: str) -> T:
    """Return what a file of the operator says; whoever starts the node is told in which one to look.

    Raises:
        UsageError: `input.*`, with the file's name. Refused: `disk.*`.
    """
    try:
        return from_plain(kind, read_json(files.read(name)))
    except UsageError as error:
        raise UsageError(error.code, f"{name}: {error.detail}") from error


def read_webhooks(files: Files) -> tuple[Webhook, ...]:
    """Return what the operator named; nothing when there is no such file.

    Raises:
        UsageError: `input.*`; an address is https, or of this machine. Refused: `disk.*`.
    """
    if not files.exists(WEBHOOKS_FILE):
        return ()
    found = read_named(tuple[Webhook, ...], files, WEBHOOKS_FILE)
    for webhook in found:
        url = urlsplit(webhook.url)
        if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)):
            raise UsageError("input.does_not_fit", f"{WEBHOOKS_FILE}: {webhook.url} is no https address")
    return found


def sign_body(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return HMAC-SHA-256 over timestamp ‖ "." ‖ body, in hex."""
    return hmac.new(secret, timestamp.encode() + b"." + body, sha256).hexdigest()


def send_following(node: Node, webhook: Webhook, sent: Sent, post: Post, now_us: Callable[[], int]) -> str | None:
    """Send the next block that concerns the member.

    Returns nothing when there is none, "" when it was acknowledged, else what was the matter.

    Raises:
        Refused: `disk.*`, `ledger.stopped`.
    """
    since = sent.find(name_receiver(webhook)).get(POSITION)
    if since is None:
        since = reads.get_size_at(node, node.engine.durable.height)
        sent.keep(name_receiver(webhook), {POSITION: since})
    link = ("member", webhook.member)
    _, blocks = reads.list_following(node, "en", link=link, since=since, limit=ENTRIES_MAX)
    if not blocks:
        return None
    block = blocks[0]
    chain_id = node.chain.id.hex()
    body = msgspec.json.encode(
        {
            "id": f"{chain_id}/{webhook.member}/{block.entries[0]['position']}",
            "chain_id": chain_id,
            "member": webhook.member,
            "height": block.height,
            "time": block.time,
            "whole": block.is_whole,
            "entries": block.entries,
        }
    )
    timestamp = str(now_us() // 1_000_000)
    headers = {
        "Content-Type": "application/json",
        "Concordat-Timestamp": timestamp,
        "Concordat-Signature": sign_body(webhook.secret, timestamp, body),
    }
    trouble = post(webhook.url, body, headers)
    if not trouble:
        sent.keep(name_receiver(webhook), {POSITION: block.entries[-1]["position"] + 1})
    return trouble


@contextmanager
def making_webhook_lanes(node: Node, sent: Sent) -> Iterator[list[Lane]]:
    """Yield a lane for each address that the operator named.

    Raises:
        UsageError: `input.*` when `webhooks.json` cannot be read.
    """
    webhooks = read_webhooks(node.files)
    if not webhooks:
        yield []
        return
    import httpx2  # here: only who sends needs it

    with httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False) as http:

        def post(url: str, body: bytes, headers: dict[str, str]) -> str:
            try:
                with http.stream("POST", url, content=body, headers=headers) as answer:
                    return "" if answer.is_success else f"{url}: {answer.status_code}"
            except httpx2.HTTPError as error:
                return f"{url}: {error}"

        yield [
            Lane(
                f"webhook of {webhook.member}",
                lambda webhook=webhook: send_following(node, webhook, sent, post, fetch_now_us),  # type: ignore[misc]
            )
            for webhook in webhooks
        ]
