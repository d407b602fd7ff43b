"""Settings: how pages are shown to this reader, its key, the officers of its member, and how it is told what waits."""

from __future__ import annotations

from typing import Final, get_args

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from concordat.api.access import get_asking_officer
from concordat.api.asking import Asking
from concordat.api.notices import save_notices, tell_notices
from concordat.api.trail import note_subject
from concordat.console.acting import ROLES
from concordat.console.answers import Form, like
from concordat.console.frame import Page, render_page
from concordat.node import reads
from concordat.node.addresses import Settings, When
from concordat.node.node import Node
from concordat.primitives.plain import Json, from_plain
from concordat.views.waits import Action
from concordat.wording.sentences import describe_role

KEY_EDITION = 2
"""From this edition on a key hands over or ends itself, and roles end (MEM-24 to MEM-28)."""

_ACTIONS: Final[tuple[Action, ...]] = get_args(Action)


def render_settings(page: Page) -> str:
    """Language and theme for anybody; key and officers for whoever is signed in, forms for whom the ledger lets."""
    reader = page.reader
    own = reads.get_member(page.node, reader.member) if reader.member else None
    own_key = reader.public_key.hex() if reader.public_key else ""
    officers = own["officers"] if own else []
    held = reads.get_roles(page.node, reader.public_key) if reader.public_key else []
    return render_page(
        page,
        "settings.html",
        "settings",
        own=own,
        roles=ROLES,
        is_admin="admin" in reader.roles,
        own_key=own_key,
        held=[describe_role(role, page.language) for role in held],
        own_roles=[role["role"] for role in held if role["in_place_of"] is None],
        others=[officer for officer in officers if officer["public_key"] != own_key],
        has_key_forms=reads.get_rules(page.node)["edition"] >= KEY_EDITION,
        notices=tell_notices(page.node, reader.public_key) if reader.public_key else None,
        actions=_ACTIONS,
        rhythms=get_args(When),
    )


@post("/settings/notices", status_code=303, guards=[like("/v1/notices")], sync_to_thread=True)
def set_notices(request: Asking, node: NamedDependency[Node], data: Form) -> Response[str]:
    """Keep how an officer wants to be told; without an address, forget her."""
    public_key, _ = get_asking_officer(request)
    address = data.get("address", "").strip()
    chosen = [action for action in _ACTIONS if data.get(f"of-{action}")]
    asked: Json = {
        "address": address,
        "language": data.get("language", ""),
        "actions": None if len(chosen) == len(_ACTIONS) else chosen,
        "when": data.get("when", ""),
    }
    save_notices(node, public_key, from_plain(Settings, asked) if address else None)
    note_subject(request, "notices", "ok")
    return Redirect("/settings#notices", status_code=303)


ROUTES: Final = (set_notices,)
