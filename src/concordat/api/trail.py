"""What every answer carries and leaves behind: request id, headers, and the line of the audit log."""

from __future__ import annotations

import logging
from typing import Final

from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from concordat.api.access import get_face, get_reader
from concordat.api.asking import SAFE_METHODS, Connection, get_method, get_request_id
from concordat.client.clock import fetch_now_us
from concordat.errors import ConcordatError

_NOTHING_CAME_OF_IT: Final = frozenset({404, 405, 429})
_SUBJECT_MAX: Final = 200
"""Characters; a path may have thousands."""

_log = logging.getLogger(__name__)


def note_subject(connection: Connection, subject: str, outcome: str, who: str | None = None) -> None:
    """Say what the request was about and how it ended, where path and status do not; `who` when nobody signed in."""
    connection.scope["state"] |= {"subject": subject, "outcome": outcome, "who": who}


async def finish(message: Message, scope: Scope) -> None:
    """Before the first byte leaves: add headers, and record who did what.

    Of the public's requests, reading is not recorded, nor what ends with 404, 405 or 429: anybody could fill the disk.
    """
    if message["type"] != "http.response.start":
        return
    connection: Connection = ASGIConnection(scope)
    headers = MutableScopeHeaders.from_message(message)
    headers["X-Request-Id"] = get_request_id(connection)
    if scope["path"].startswith("/v1/"):
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Cache-Control", "no-store")
    is_known = get_reader(connection).member is not None or scope["state"].get("who") is not None
    is_trying = "authorization" in connection.headers or get_method(connection) not in SAFE_METHODS
    if is_known or (is_trying and message["status"] not in _NOTHING_CAME_OF_IT):
        _record(connection, message["status"])


def _record(connection: Connection, status: int) -> None:
    scope, state = connection.scope, connection.scope["state"]
    action = f"{get_method(connection)} {scope.get('path_template') or 'unknown path'}"
    try:
        get_face(connection).node.audit.record(
            fetch_now_us(),
            who=state.get("who") or get_reader(connection).name,
            face="api" if scope["path"].startswith("/v1/") else "console",
            action=action,
            # A sign-in link is a secret; its route says enough.
            subject=(state.get("subject") or ("" if "{token}" in action else scope["path"]))[:_SUBJECT_MAX],
            outcome=state.get("outcome") or ("ok" if status < 400 else str(status)),
        )
    except ConcordatError as error:
        _log.error("request %s is missing from the audit log: %s", get_request_id(connection), error)
