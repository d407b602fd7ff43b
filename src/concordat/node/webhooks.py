"""Webhooks: what concerns a member goes, block by block, to an address that the operator named (spec/http.md HTTP-43).

`webhooks.json` in the node's folder is a list of `{member, url, secret}`; `webhooks.sent` keeps, durably, up to which
position each receiver has acknowledged. Each has a thread of its own, which reads the index: the ledger never waits.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from threading import Event, Lock, Thread
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from concordat.client.clock import fetch_now_us
from concordat.errors import ConcordatError, UsageError
from concordat.ledger.files import DiskFiles, Files
from concordat.node import reads
from concordat.node.node import Node
from concordat.primitives.codec import Struct
from concordat.primitives.plain import from_plain, read_json
from concordat.primitives.sealed import seal, unseal

WEBHOOKS_FILE: Final = "webhooks.json"
SENT_FILE: Final = "webhooks.sent"
ENTRIES_MAX: Final = 1000
"""In one request; a block with more comes in several."""
WAIT_FIRST_S: Final = 1.0
WAIT_MAX_S: Final = 300.0
_TIMEOUT_S: Final = 10.0
_STOP_S: Final = 2.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Post = Callable[[str, bytes, dict[str, str]], str]
"""Send a body with headers to a URL; return nothing when it was acknowledged, else what was the matter."""

_log = logging.getLogger(__name__)


class Webhook(Struct, frozen=True):
    """Where what concerns a member goes, and the secret that it is signed with."""

    member: str
    url: str
    secret: Annotated[bytes, msgspec.Meta(min_length=32)]


class Sent:
    """Up to which position each webhook's receiver has acknowledged. Safe for threads."""

    def __init__(self, files: Files) -> None:
        """Read what is kept.

        Raises:
            Corrupt: `file.corrupt`. Refused: `disk.*`.
        """
        self._files = files
        self._lock = Lock()
        kept = unseal(SENT_FILE, files.read(SENT_FILE)) if files.exists(SENT_FILE) else b"{}"
        self._positions = msgspec.json.decode(kept, type=dict[str, int])

    def find(self, webhook: Webhook) -> int | None:
        """Return the position behind the last one acknowledged."""
        return self._positions.get(_name(webhook))

    def keep(self, webhook: Webhook, position: int) -> None:
        """Keep a position durably."""
        with self._lock:
            self._positions[_name(webhook)] = position
            self._files.replace(SENT_FILE, seal(msgspec.json.encode(self._positions, order="sorted")))


def _name(webhook: Webhook) -> str:
    return f"{webhook.member} {webhook.url}"


def read_webhooks(files: Files) -> tuple[Webhook, ...]:
    """Return what the operator named; nothing when there is no such file.

    Raises:
        UsageError: `input.*`; an address is https, or of this machine. Refused: `disk.*`.
    """
    if not files.exists(WEBHOOKS_FILE):
        return ()
    found = from_plain(tuple[Webhook, ...], read_json(files.read(WEBHOOKS_FILE)))
    for webhook in found:
        url = urlsplit(webhook.url)
        if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)):
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
    since = sent.find(webhook)
    if since is None:
        since = reads.get_size_at(node, node.engine.durable.height)
        sent.keep(webhook, since)
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
        sent.keep(webhook, block.entries[-1]["position"] + 1)
    return trouble


def follow(send: Callable[[], str | None], wait: Callable[[float | None], bool], name: str) -> None:
    """Send what there is, then wait for more; after a failure wait longer each time. `wait` tells whether it is over.

    It waits for so many seconds, or, with None, for the next block.
    """
    wait_s = WAIT_FIRST_S
    is_over = False
    while not is_over:
        try:
            trouble = send()
        except ConcordatError as error:
            trouble = str(error)
        if trouble:
            if wait_s == WAIT_FIRST_S:
                _log.warning("webhook of %s: %s", name, trouble)
            is_over = wait(wait_s)
            wait_s = min(WAIT_MAX_S, wait_s * 2)
            continue
        wait_s = WAIT_FIRST_S
        is_over = wait(None if trouble is None else 0.0)


@contextmanager
def sending_webhooks(node: Node) -> Iterator[None]:
    """Send while the node runs.

    Raises:
        UsageError: `input.*` when `webhooks.json` cannot be read. Corrupt: `file.corrupt`. Refused: `disk.*`.
    """
    webhooks = read_webhooks(node.files)
    if not webhooks:
        yield
        return
    import httpx2  # here: only who sends needs it

    is_over = Event()
    beats = [Event() for _ in webhooks]

    def tell() -> None:
        for beat in beats:
            beat.set()

    def wait(beat: Event, seconds: float | None) -> bool:
        if seconds is None:
            beat.wait()
            beat.clear()
        else:
            is_over.wait(seconds)
        return is_over.is_set()

    connect = httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False)
    with closing(DiskFiles(node.folder)) as files, connect as http:
        sent = Sent(files)

        def post(url: str, body: bytes, headers: dict[str, str]) -> str:
            try:
                with http.stream("POST", url, content=body, headers=headers) as answer:
                    return "" if answer.is_success else f"{url}: {answer.status_code}"
            except httpx2.HTTPError as error:
                return f"{url}: {error}"

        threads = [
            Thread(
                target=follow,
                args=(
                    lambda webhook=webhook: send_following(node, webhook, sent, post, fetch_now_us),
                    lambda seconds, beat=beat: wait(beat, seconds),
                    webhook.member,
                ),
                daemon=True,
            )
            for webhook, beat in zip(webhooks, beats, strict=True)
        ]
        node.listeners.append(tell)
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            node.listeners.remove(tell)
            is_over.set()
            tell()
            for thread in threads:
                thread.join(_STOP_S)
