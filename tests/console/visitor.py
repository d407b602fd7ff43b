"""A browser without JavaScript, in process: it follows pages, fills forms and keeps cookies."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from litestar.testing import TestClient

from concordat.api.server import make_app
from concordat.api.traffic import Limits
from concordat.client.clock import fetch_now_us
from concordat.client.keys import Key
from concordat.client.requests import sign_request
from concordat.node.node import Node

from .scene import PASSWORD


class Form:
    """A form of a page: where it goes and what is in it already."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: dict[str, str] = {}
        self.names: list[str] = []


class Document(HTMLParser):
    """What tests ask of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.forms: list[Form] = []
        self.text = ""
        self.feed(html)
        self.text = re.sub(r"\s+", " ", self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append((tag, values))
        if tag == "form":
            self.forms.append(Form(values.get("action") or ""))
        name = values.get("name")
        if tag in {"input", "select", "textarea"} and name:
            self.forms[-1].fields[name] = values.get("value") or ""
            self.forms[-1].names.append(name)

    def handle_data(self, data: str) -> None:
        self.text += data

    def links(self) -> list[str]:
        return [values["href"] or "" for tag, values in self.tags if tag == "a" and values.get("href")]

    def form(self, **fields: str) -> Form:
        """The form whose fields have these values."""
        return next(form for form in self.forms if fields.items() <= form.fields.items())

    def form_to(self, address: str) -> Form:
        """The form that is sent there."""
        return next(form for form in self.forms if form.action == address)


class Visitor:
    """One person's browser."""

    def __init__(self, node: Node, language: str = "en") -> None:
        self.node = node
        self.client = TestClient(make_app(node, limits=Limits(requests_per_minute=100_000)))
        self.client.headers["Accept-Language"] = language
        self.status = 0
        self.headers: dict[str, str] = {}

    def __enter__(self) -> Visitor:
        self.client.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.__exit__(None, None, None)

    def open(self, path: str) -> Document:
        answer = self.client.get(path, headers={"Accept": "text/html"})
        self.status, self.headers = answer.status_code, dict(answer.headers)
        self.path = answer.url.path
        return Document(answer.text)

    def send(self, form: Form, **fields: str) -> Document:
        answer = self.client.post(form.action, data=form.fields | fields)
        self.status, self.headers = answer.status_code, dict(answer.headers)
        self.path = answer.url.path
        return Document(answer.text)

    def sign_in(self) -> Document:
        """By the password of the officer whose key the node keeps."""
        return self.send(self.open("/login").form_to("/login"), officer="l-officer", password=PASSWORD)

    def come_in(self, key: Key) -> Document:
        """By a one-time link that a key asked for."""
        target, place = "/v1/sessions/links", (self.node.chain.id, self.node.key.public_key)
        header = sign_request(key, *place, "POST", target, b"", fetch_now_us(), b"12345678")
        return self.open(self.client.post(target, headers={"Authorization": header}).json()["url"])


PAGES = (
    "/",
    "/members",
    "/members/azure-bay",
    "/members/maple-ridge",
    "/members/amber-coast",
    "/contracts",
    "/contracts/6",
    "/contracts/7",
    "/contracts/9",
    "/contracts/10",
    "/contracts/11",
    "/contracts/12",
    "/datasets",
    "/datasets/north-terrace/hourly-air-quality-readings",
    "/ledger",
    "/ledger?contract=9",
    "/ledger/3",
    "/ledger/40",
    "/search?q=bay",
    "/search?q=1046",
    "/behaviors",
    "/members/azure-bay/behaviors",
    "/members/north-terrace/behaviors?series=gate-levels",
    "/ballots",
    "/ballots/1",
    "/ballots/2",
    "/objections/azure-bay/1",
    "/activity",
    "/activity?member=azure-bay",
    "/network",
    "/settings",
    "/codes",
    "/proof",
    "/verify",
    "/verify?of=%2Fv1%2Fcontracts%2F9%2Fproof",
    "/login",
    "/public",
    "/public/members/azure-bay",
    "/public/members/maple-ridge",
    "/public/members/maple-ridge/object",
    "/public/objections",
)
"""Every page of the scene, in one state or another."""
