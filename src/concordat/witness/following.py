"""Following a node as a witness: fetch the checkpoint, check it by the log's tiles, cosign it, hand the line back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from concordat.client.answers import Answer, describe_problem
from concordat.contracts.text import Language
from concordat.crypto.cosignature import TreeHead
from concordat.errors import ConcordatError, NotFound
from concordat.witness.tiles import TiledLog
from concordat.witness.witness import Witness

if TYPE_CHECKING:
    import httpx2

_TIMEOUT_S: Final = 10.0
_ANSWER_BYTES_MAX: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a look at a node that had something new, or had not taken what was."""

    head: TreeHead
    is_taken: bool
    """Whether the node keeps the cosignature and shows it to others."""
    untaken: ConcordatError | None
    """Why not."""


def connect_log(language: Language) -> httpx2.Client:
    """Return what `follow_once` asks with. Close it. What a node says of itself it says in `language`."""
    import httpx2  # here: half of what a command's --help would cost

    headers = {"Accept-Encoding": "identity", "Accept-Language": language}
    return httpx2.Client(timeout=_TIMEOUT_S, headers=headers, follow_redirects=False)


def follow_once(http: httpx2.Client, witness: Witness, origin: str, url: str, *, is_taken: bool) -> Step | None:
    """Cosign the newest checkpoint of the node at `url`, unless that is done and `is_taken`: then None.

    Raises:
        NotFound: `witness.log_unreachable`, `witness.log_refuses`, `witness.bad_tile`. As `Witness.follow` otherwise.
    """
    witness.check_evidence(origin)
    prefix = f"{url.rstrip('/')}/v1"
    note = _ask(http, "GET", f"{prefix}/checkpoint").decode(errors="replace")
    head = witness.read(note)
    seen = witness.find_head(head.origin)
    if seen is None or seen.body != head.body:
        witness.follow(note, TiledLog(head.size, lambda path: _ask(http, "GET", f"{prefix}/{path}")))
    elif is_taken:
        return None
    try:
        _ask(http, "POST", f"{prefix}/checkpoint/cosignatures", (witness.find_note(head.origin) or "").encode())
    except ConcordatError as error:
        return Step(head, is_taken=False, untaken=error)
    return Step(head, is_taken=True, untaken=None)


def _ask(http: httpx2.Client, method: str, url: str, body: bytes = b"") -> bytes:
    import httpx2

    read = bytearray()
    try:
        with http.stream(method, url, content=body) as answer:
            for chunk in answer.iter_raw():
                read += chunk
                if len(read) > _ANSWER_BYTES_MAX:
                    break
            status, media = answer.status_code, answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise NotFound("witness.log_unreachable", url) from error
    if status != 200 or len(read) > _ANSWER_BYTES_MAX:
        # In a code of our own: what a log answers must not pass for what this witness saw.
        raise NotFound("witness.log_refuses", f"{url}: {describe_problem(Answer(url, status, media, bytes(read)))}")
    return bytes(read)
