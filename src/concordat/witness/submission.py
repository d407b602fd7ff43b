"""A checkpoint handed to a witness, and its cosignature brought back (C2SP tlog-witness, the log's side)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from concordat.crypto.checkpoint import NoteSignature
from concordat.crypto.cosignature import find_cosignature, parse_lines, parse_tree_head
from concordat.crypto.policy import PolicyWitness
from concordat.errors import Corrupt, NotFound

if TYPE_CHECKING:
    import httpx2

SIZE_MEDIA: Final = "text/x.tlog.size"
_TIMEOUT_S: Final = 10.0
_ANSWER_BYTES_MAX: Final = 64 * 1024

ConsistencyPath = Callable[[int], tuple[bytes, ...] | None]
"""From a log's older size to its digests up to the submitted one; None when the log was never so large."""


def render_submission(old_size: int, path: tuple[bytes, ...], note: str) -> bytes:
    """Return the body of `add-checkpoint`."""
    lines = (f"old {old_size}", *(b64encode(digest).decode() for digest in path), "", note)
    return "\n".join(lines).encode()


def connect_witness() -> httpx2.Client:
    """Return what `fetch_cosignature` sends with. Close it."""
    import httpx2  # here: only who asks witnesses needs it

    return httpx2.Client(timeout=_TIMEOUT_S, headers={"Accept-Encoding": "identity"}, follow_redirects=False)


def fetch_cosignature(
    http: httpx2.Client, witness: PolicyWitness, note: str, old_size: int, find_path: ConsistencyPath
) -> NoteSignature:
    """Submit a signed note and return the witness's verified cosignature; `old_size` is what it is thought to know.

    Raises:
        NotFound: `witness.unreachable`, `witness.no_answer`. Corrupt: `witness.refuses`, with what it says;
            `witness.knows_more` when it has cosigned a history that is longer, or other than this one.
    """
    for _ in range(2):
        path = find_path(old_size)
        if path is None:
            raise Corrupt("witness.knows_more", f"{witness.name}: {old_size}")
        status, media, body = _post(http, witness, render_submission(old_size, path, note))
        if status != 409 or media != SIZE_MEDIA:
            break
        old_size = _read_size(body)
    if status != 200:
        raise Corrupt("witness.refuses", f"{witness.name}: {status} {' '.join(body.split())[:200]}")
    head = parse_tree_head(note)
    found = find_cosignature(parse_lines(body), witness.key, head.body)
    if found is None:
        raise Corrupt("witness.refuses", f"{witness.name}: no cosignature by its key")
    return found


def _post(http: httpx2.Client, witness: PolicyWitness, body: bytes) -> tuple[int, str, str]:
    import httpx2

    try:
        url = f"{witness.url.rstrip('/')}/add-checkpoint"
        with http.stream("POST", url, content=body, headers={"Content-Type": "text/plain"}) as answer:
            read = bytearray()
            for chunk in answer.iter_raw():
                read += chunk
                if len(read) > _ANSWER_BYTES_MAX:
                    raise NotFound("witness.no_answer", witness.name)
            media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return answer.status_code, media, read.decode(errors="replace")
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise NotFound("witness.unreachable", f"{witness.name}: {witness.url}") from error


def _read_size(text: str) -> int:
    digits = text.removesuffix("\n")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else -1
