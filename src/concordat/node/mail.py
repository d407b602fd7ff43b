"""The mail server that the operator named, and what becomes of a message there (spec/http.md HTTP-44).

`mail.json` in the node's folder: `{host, port, security, user, password, sender, console}`. The password goes to that
server and nowhere else.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Annotated, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from msgspec import Meta

from concordat.errors import UsageError
from concordat.ledger.files import Files
from concordat.node.webhooks import LOOPBACK, read_named
from concordat.primitives.characters import escape_invisible
from concordat.primitives.codec import Struct
from concordat.primitives.identifiers import MailAddress, ShortText

MAIL_FILE: Final = "mail.json"
_TIMEOUT_S: Final = 10.0
_WORDS_MAX: Final = 200
_FINAL_MIN: Final = 500
"""SMTP: from this reply on it is of no use to try again (RFC 5321 4.2.1)."""


class MailServer(Struct, frozen=True):
    """Where mail is handed over, as whom, and the console's address for the links in it."""

    host: ShortText
    port: Annotated[int, Meta(ge=1, le=65_535)]
    security: Literal["tls", "starttls", "none"]
    user: ShortText | None
    password: str | None
    sender: MailAddress
    console: ShortText

    def __repr__(self) -> str:
        """Tell the place without the password."""
        return f"MailServer({self.host}:{self.port})"


class Outcome(NamedTuple):
    """What became of a message: taken, refused for good, not taken now, or no server that takes any; and its words."""

    kind: Literal["taken", "refused", "later", "down"]
    words: str = ""


Deliver = Callable[[str, EmailMessage], Outcome]
"""Hand a message over for an address."""


def read_mail_server(files: Files) -> MailServer | None:
    """Return what the operator named, None when there is no such file.

    Raises:
        UsageError: `input.*`; without TLS a server is of this machine. Refused: `disk.*`.
    """
    if not files.exists(MAIL_FILE):
        return None
    server = read_named(MailServer, files, MAIL_FILE)
    console = urlsplit(server.console)
    if server.security == "none" and server.host not in LOOPBACK:
        raise UsageError("input.does_not_fit", f"{MAIL_FILE}: /security none is for a server on this machine")
    if (server.user is None) != (server.password is None):
        raise UsageError("input.missing_field", f"{MAIL_FILE}: /user and /password belong together")
    if console.scheme not in {"http", "https"} or not console.hostname:
        raise UsageError("input.does_not_fit", f"{MAIL_FILE}: /console is no address of a web page")
    return server


def make_message(
    server: MailServer, address: str, subject: str, text: str, message_id: str, now_us: int
) -> EmailMessage:
    """Return a message in plain text; whatever the subject holds, it stays one header."""
    message = EmailMessage(SMTP)
    domain = server.sender.partition("@")[2]
    message["From"] = Address(addr_spec=server.sender)
    message["To"] = Address(addr_spec=address)
    message["Subject"] = escape_invisible(subject)
    message["Date"] = format_datetime(datetime.fromtimestamp(now_us // 1_000_000, UTC))
    message["Message-ID"] = f"<{message_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="base64")
    return message


def deliver(server: MailServer, address: str, message: EmailMessage) -> Outcome:
    """Hand a message over by SMTP, with the server's certificate checked against this machine's authorities."""
    outcome: Outcome | None = None
    try:
        with _connect(server) as smtp:
            outcome = _send(smtp, server, address, message)
    except smtplib.SMTPResponseException as error:
        # What went wrong after the answer, at leaving, changes nothing about it.
        return outcome or Outcome("down", f"{server.host}: {error.smtp_code}")
    except (OSError, ValueError) as error:  # smtplib's own are OSError; ValueError of a host that is no name
        return outcome or Outcome("down", f"{server.host}: {type(error).__name__}")
    return outcome


def _send(smtp: smtplib.SMTP, server: MailServer, address: str, message: EmailMessage) -> Outcome:
    if server.security == "starttls":
        smtp.starttls(context=ssl.create_default_context())
    if server.user is not None and server.password is not None:
        smtp.login(server.user, server.password)
    try:
        smtp.send_message(message, server.sender, [address])
    except smtplib.SMTPRecipientsRefused as error:
        return _tell(*error.recipients[address])
    except smtplib.SMTPDataError as error:
        return _tell(error.smtp_code, error.smtp_error)
    return Outcome("taken")


def _connect(server: MailServer) -> smtplib.SMTP:
    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_S, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)


def _tell(code: int, words: bytes | str) -> Outcome:
    """Tell what a server said of one message, as text that shows everything it holds."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return Outcome("refused" if code >= _FINAL_MIN else "later", escape_invisible(f"{code} {said}")[:_WORDS_MAX])
