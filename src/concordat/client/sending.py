"""What every connection to a node keeps to: how long it waits, how often it tries, and how a request is signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

from concordat.client.conversation import Ask, Conversation
from concordat.contracts.text import Language

if TYPE_CHECKING:
    import httpx2

ATTEMPTS: Final = 3
_TIMEOUT_S: Final = 30.0
_CONNECT_TIMEOUT_S: Final = 5.0


class Options(TypedDict):
    """How a connection is made."""

    base_url: str
    timeout: httpx2.Timeout
    headers: dict[str, str]


def make_options(url: str, language: Language) -> Options:
    """Return how a connection to the node at `url` is made."""
    import httpx2  # here: half of what a command's --help would cost

    return {
        "base_url": url,
        "timeout": httpx2.Timeout(_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S),
        "headers": {"Accept-Language": language, "Accept-Encoding": "identity"},
    }


def make_request(
    http: httpx2.Client | httpx2.AsyncClient, conversation: Conversation, ask: Ask
) -> httpx2.Request:
    """Return the request, signed anew where it has to be: a node refuses one that it has seen."""
    request = http.build_request(ask.method, ask.target, content=ask.body, headers=ask.headers)
    if ask.is_signed:
        target = request.url.raw_path.decode()
        request.headers["Authorization"] = conversation.sign(ask.method, target, ask.body)
    return request


def compute_pause_s(attempt: int) -> float:
    """Return how long to wait after a failed attempt, 0 after the last."""
    return 0.1 * 3**attempt if attempt + 1 < ATTEMPTS else 0.0
