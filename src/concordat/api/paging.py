"""Lists page by page: a cursor says where a reader stopped, and a `Link` header leads on (RFC 8288).

A cursor is the key of the last row shown, so entries that come meanwhile neither repeat a row nor hide one. It opens
nothing: who may read the list is judged by its path and filters, which the cursor repeats.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode
from zlib import crc32

import msgspec
from litestar import Response
from litestar.params import QueryParameter

from concordat.api.asking import Asking
from concordat.errors import Rejected, UsageError
from concordat.primitives.codec import Struct, decode, encode
from concordat.primitives.identifiers import INTEGER_MAX
from concordat.primitives.plain import Json

Limit = Annotated[int, QueryParameter(ge=1, le=200)]
"""How many rows of a list; the `next` link goes on."""

Cursor = Annotated[str | None, QueryParameter(description="where an answer ended; its link to the next one has it")]

Place = int | str | tuple[int | str, ...]
Index = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]

_NO_FILTERS: Final = frozenset({"cursor", "after", "before", "limit"})
_CURSOR_CHARACTERS_MAX: Final = 1000
_CHECK_BYTES: Final = 4

T = TypeVar("T", bound=Place)


class _Stop(Struct, frozen=True):
    """Where a reader stopped, in which list."""

    scope: str
    place: tuple[int | str, ...]


def read_cursor(request: Asking, cursor: str | None, kind: type[T], **given: T | None) -> T | None:
    """Return the place after which the list goes on; None for its beginning. `given` names it in plain, or does not.

    Raises:
        UsageError: `request.bad_cursor`; `input.does_not_fit` when the place is given twice.
    """
    ((name, plain),) = given.items()
    if cursor is None:
        return plain
    if plain is not None:
        raise UsageError("input.does_not_fit", f"cursor and {name} exclude each other")
    try:
        if len(cursor) > _CURSOR_CHARACTERS_MAX:
            raise ValueError(len(cursor))
        data = urlsafe_b64decode(cursor)
        if _render(data[_CHECK_BYTES:]) != cursor:
            raise ValueError(cursor)
        stop = decode(_Stop, data[_CHECK_BYTES:])
        if stop.scope != _find_scope(request):
            raise ValueError(stop.scope)
        is_single = kind in {str, Index}
        return msgspec.convert(stop.place[0] if is_single and len(stop.place) == 1 else stop.place, kind)
    except (ValueError, Rejected, msgspec.MsgspecError) as error:
        raise UsageError("request.bad_cursor", "cursor") from error


def make_next(request: Asking, place: Place) -> dict[str, str]:
    """Return the header that leads to what comes after a place."""
    stop = _Stop(_find_scope(request), place if isinstance(place, tuple) else (place,))
    limit = [("limit", value) for value in request.query_params.getall("limit", [])]
    query = urlencode([*_find_filters(request), *limit, ("cursor", _render(encode(stop)))])
    path = request.scope["raw_path"].split(b"?")[0].decode("latin-1")
    return {"Link": f'<{path}?{query}>; rel="next"'}


def render_rows(
    request: Asking, rows: list[Json], limit: int, get_place: Callable[[Json], Place], **around: Json
) -> Response[Json]:
    """Return at most `limit` rows of `limit + 1`, and where there are more, the way to them.

    Alone, or as the one field of `around` whose value is Ellipsis.
    """
    shown = rows[:limit]
    headers = make_next(request, get_place(shown[-1])) if len(rows) > limit else {}
    content = {name: shown if value is ... else value for name, value in around.items()}
    return Response(content or shown, headers=headers)


def _find_filters(request: Asking) -> list[tuple[str, str]]:
    pairs: Mapping[str, str] = dict(request.query_params)
    return sorted((name, value) for name, value in pairs.items() if name not in _NO_FILTERS)


def _find_scope(request: Asking) -> str:
    return f"{request.scope['path']}?{urlencode(_find_filters(request))}"


def _render(data: bytes) -> str:
    return urlsafe_b64encode(crc32(data).to_bytes(_CHECK_BYTES, "big") + data).decode()
