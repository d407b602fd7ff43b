"""A real SMTP server on this machine, in a thread of its own; a test says what it answers."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from concordat.node.mail import MailServer
from concordat.primitives.plain import Json, from_plain

PASSWORD = "the mail server's own word"
OK = "250 kept"
WAIT_S = 60


@dataclass
class Mailbox:
    """What came, to whom, and with which user; `answer` is what the server says to a recipient, `take` to a message."""

    port: int = 0
    answer: Callable[[str], str] = lambda _: OK
    take: Callable[[], str] = lambda: OK
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    users: list[bytes] = field(default_factory=list)
    coming: Condition = field(default_factory=Condition)

    async def handle_RCPT(  # noqa: N802  # the name that the server looks for
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self.answer(address)
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # likewise
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        with self.coming:
            self.received += [(address, message) for address in envelope.rcpt_tos]
            self.coming.notify_all()
        return self.take()

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, how: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.users.append(data.login)
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    def wait_for(self, address: str, count: int) -> EmailMessage:
        """Return the newest of so many messages to an address, once they have come."""
        with self.coming:
            assert self.coming.wait_for(lambda: len(self.find(address)) >= count, WAIT_S)
        return self.find(address)[count - 1]

    def find(self, address: str) -> list[EmailMessage]:
        return [message for to, message in self.received if to == address]

    @property
    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for _, message in self.received]

    @property
    def texts(self) -> list[str]:
        return [message.get_content() for _, message in self.received]


@contextmanager
def serving_mail(
    box: Mailbox, certificate: tuple[Path, Path] | None = None, *, is_implicit: bool = False, needs_login: bool = False
) -> Iterator[Mailbox]:
    """Run the server, on the mailbox's port if it had one before."""
    loop = asyncio.new_event_loop()
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)

    def make() -> SMTP:
        upgrade = None if is_implicit else context
        given: dict[str, Any] = {"authenticator": box.authenticate, "auth_required": True} if needs_login else {}
        return SMTP(
            box, hostname="localhost", loop=loop, tls_context=upgrade, require_starttls=upgrade is not None, **given,
            auth_require_tls=not is_implicit,
        )  # fmt: skip

    async def listen() -> asyncio.Server:
        return await loop.create_server(make, "127.0.0.1", box.port, ssl=context if is_implicit else None)

    async def end() -> None:
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = loop.run_until_complete(listen())
    box.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def make_plain_server(box: Mailbox, **changed: Json) -> dict[str, Json]:
    """What an operator writes into mail.json."""
    given = {
        "host": "localhost",
        "port": box.port,
        "security": "none",
        "user": None,
        "password": None,
        "sender": "concordat@node.example",
        "console": "https://node.example/",
    }
    return given | changed


def make_server(box: Mailbox, **changed: Json) -> MailServer:
    return from_plain(MailServer, make_plain_server(box, **changed))


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost, signed by itself."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2")
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    words = ["openssl", "req", *kind, "-keyout", str(key), "-out", str(certificate), *names]
    subprocess.run(words, check=True, capture_output=True)
    return certificate, key
