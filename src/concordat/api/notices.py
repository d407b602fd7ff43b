"""How the officer who asks is told what waits for her. Nobody else sees it (spec/http.md HTTP-44)."""

from __future__ import annotations

from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import RawBody

from concordat.api.access import get_asking_officer
from concordat.api.asking import Asking
from concordat.node.addresses import Settings
from concordat.node.mail import MAIL_FILE
from concordat.node.node import Node
from concordat.primitives.codec import Struct
from concordat.primitives.plain import Json, from_plain, read_json, to_plain


class Asked(Struct, frozen=True):
    """What an officer sets; null ends it."""

    settings: Settings | None


@get("/notices", sync_to_thread=True)
def get_notices(request: Asking, node: NamedDependency[Node]) -> Json:
    """How the officer who asks is told by mail what waits for her, and why the mail server refused if it did."""
    public_key, _ = get_asking_officer(request)
    return tell_notices(node, public_key)


@post("/notices", status_code=200, sync_to_thread=True)
def set_notices(request: Asking, node: NamedDependency[Node], body: RawBody) -> Json:
    """Set where to, in which language, of what and how soon the officer who asks is told; null ends it."""
    public_key, _ = get_asking_officer(request)
    save_notices(node, public_key, from_plain(Asked, read_json(body)).settings)
    return tell_notices(node, public_key)


def save_notices(node: Node, public_key: bytes, settings: Settings | None) -> None:
    """Keep what an officer set, or forget her."""
    if settings is None:
        node.addresses.drop(public_key)
    else:
        node.addresses.keep(public_key, settings)


def tell_notices(node: Node, public_key: bytes) -> Json:
    """Return an officer's own settings, the mail server's refusal, and whether this node sends mail at all."""
    wish = node.addresses.find(public_key)
    return {
        "settings": None if wish is None else to_plain(wish.settings),
        "refusal": wish.refusal if wish is not None and wish.refusal else None,
        "sends": (node.folder / MAIL_FILE).exists(),
    }


ROUTES: Final = (get_notices, set_notices)
