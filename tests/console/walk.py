"""Every page that links lead to, so that a page that came since is looked at too."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit

from concordat.api.server import make_app

from .visitor import Visitor

_NO_PAGES = re.compile(r"/(v1|static)/|/verify/offline|/logout|/sign/|/act\b|\.pdf\b")


def find_shapes(visitor: Visitor) -> list[str]:
    """Return the console's routes, those with the fewest holes first."""
    routes = [route.path for route in make_app(visitor.node).routes if not route.path.startswith("/v1/")]
    return sorted((path for path in routes if path != "/{path:path}"), key=lambda path: path.count("{"))


def find_pages(visitor: Visitor, begin: Iterable[str]) -> list[str]:
    """Walk the links from some pages; return one address of each shape and set of filters."""
    shapes = [
        (shape, re.compile(re.sub(r"\{\w+:int\}", "[0-9]+", re.sub(r"\{\w+:str\}", "[^/]+", shape))))
        for shape in find_shapes(visitor)
    ]
    seen: set[str] = set()
    found: dict[str, None] = {}
    waiting = deque(begin)
    while waiting:
        address = _clean(waiting.popleft())
        path = urlsplit(address).path
        shape = next((shape for shape, pattern in shapes if pattern.fullmatch(path)), path)
        names = sorted(name for name, _ in parse_qsl(urlsplit(address).query))
        kind = f"{shape}?{names}"
        if not address.startswith("/") or address in found or kind in seen or _NO_PAGES.search(address):
            continue
        seen.add(kind)
        found[address] = None
        page = visitor.open(address)
        assert visitor.status == 200, address
        waiting.extend(page.links())
    return list(found)


def _clean(address: str) -> str:
    parts = urlsplit(address)
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name not in {"lang", "theme"}])
    return f"{parts.path}?{query}" if query else parts.path
