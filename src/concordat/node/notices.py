"""What is told to an officer by mail, and when (spec/http.md HTTP-44). It reads the inbox; the lane sends and repeats.

An item is told once, and once more before its deadline; what was told is kept when the mail server has taken it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from hashlib import sha256
from typing import Final, NamedTuple

from concordat.client.clock import fetch_now_us
from concordat.ledger.files import DiskFiles
from concordat.node import reads
from concordat.node.addresses import Settings
from concordat.node.delivery import Lane, Sent, running
from concordat.node.mail import Deliver, MailServer, deliver, make_message, read_mail_server
from concordat.node.node import Node
from concordat.node.webhooks import making_webhook_lanes
from concordat.primitives.ledger_time import DAY_US, parse_time
from concordat.primitives.plain import Json
from concordat.wording.sentences import describe_role, render, show_label

ITEMS_MAX: Final = 50
"""In one message; the others come with the next one."""
GAP_US: Final = 5 * 60 * 1_000_000
"""An officer gets no two messages within this time."""
_READ_MAX: Final = 1000
_LOOK_S: Final = 60.0
_REST_S: Final = 2.0
_NEXT: Final = "next"
_DIGEST: Final = "digest"


class Told(NamedTuple):
    """One thing to tell: the item, its mark, when it is to be told again (µs, 0 for never), and whether it was told."""

    item: Json
    mark: str
    again_at: int
    is_again: bool


def choose(
    items: Mapping[str, Json], marks: Mapping[str, int], settings: Settings, now_us: int
) -> tuple[list[Told], dict[str, int]]:
    """Return what is told now of all that waits, by its marks, and the marks once it has been told.

    It is told again when a day is left, or half of the time if that is less. Who wants one message a day gets it in the
    first round of a day (UTC), and at once only what would be over before the next one.
    """
    if now_us < marks.get(_NEXT, 0):
        return [], {}
    digest_at = (now_us // DAY_US + 1) * DAY_US
    is_whole = settings.when == "at_once" or now_us >= marks.get(_DIGEST, 0)
    horizon = digest_at if settings.when == "daily" and is_whole else now_us
    told: list[Told] = []
    for mark, item in items.items():
        by = None if item["by"] is None else parse_time(item["by"])
        again_at = marks.get(mark)
        is_due = again_at is None or 0 < again_at <= horizon
        is_wanted = settings.actions is None or item["action"] in settings.actions
        if is_wanted and is_due and (is_whole or (by is not None and by <= digest_at)):
            following = 0 if by is None or again_at is not None else max(by - DAY_US, (now_us + by) // 2)
            told.append(Told(item, mark, following, again_at is not None))
    told = told[:ITEMS_MAX]
    kept = {mark: value for mark, value in marks.items() if mark in items or len(items) == _READ_MAX}
    kept |= {one.mark: one.again_at for one in told} | {_NEXT: now_us + GAP_US}
    kept[_DIGEST] = digest_at if is_whole else marks[_DIGEST]
    return told, kept


def send_round(
    node: Node, sent: Sent, server: MailServer, hand_over: Deliver, now_us: Callable[[], int]
) -> str | None:
    """Tell each officer what is to be told now, in one message each; see `Lane`.

    Whose address is refused for good is told nothing more; who is not taken now holds up nobody else.

    Raises:
        Refused: `disk.*`, `ledger.stopped`.
    """
    outcome: str | None = None
    for public_key, wish in node.addresses.list_all():
        receiver = public_key.hex()
        officer = reads.get_officer(node, public_key)
        if officer is None:
            node.addresses.drop(public_key)
            sent.keep(receiver, {})
            continue
        if wish.refusal:
            continue
        settings = wish.settings
        inbox, places = reads.get_inbox(node, public_key, officer.member, settings.language, limit=_READ_MAX)
        items = {" ".join(map(str, place)): item for place, item in zip(places, inbox["items"], strict=True)}
        told, marks = choose(items, sent.find(receiver), settings, node.engine.fetch_time())
        if not told:
            continue
        subject, text = write(node, server, settings, inbox, told)
        said = "\n".join((node.chain.id.hex(), receiver, *(f"{one.mark} {one.is_again}" for one in told)))
        message_id = sha256(said.encode()).hexdigest()[:32]
        found = hand_over(settings.address, make_message(server, settings.address, subject, text, message_id, now_us()))
        if found.kind == "down":
            return found.words
        if found.kind == "refused":
            node.addresses.note_refusal(public_key, settings, found.words)
        if found.kind == "taken":
            sent.keep(receiver, marks)
        trouble = f"{server.host}: not taken now for {receiver[:16]}" if found.kind == "later" else ""
        outcome = outcome or trouble
    return outcome


def write(
    node: Node, server: MailServer, settings: Settings, inbox: Json, told: list[Told]
) -> tuple[str, str]:
    """Return subject and text of a message: of each thing what to do, by when, what happens otherwise, and where."""
    language, console = settings.language, server.console.rstrip("/")
    consortium = show_label(reads.get_status(node)["name"], language)
    kind = "several" if len(told) > 1 else "again" if told[0].is_again else "one"
    what = told[0].item["sentence"]
    subject = render(f"mail.subject_{kind}", language, consortium=consortium, what=what, count=len(told))
    lines = [render("mail.for", language, names=reads.get_names(node, language), member=inbox["member"])]
    for one in told:
        item = one.item
        lines += ["", render("mail.again", language, what=item["sentence"]) if one.is_again else item["sentence"]]
        if item["by"] is not None:
            lines.append("  " + render("mail.by", language, by=parse_time(item["by"])))
        lines.append("  " + render("mail.otherwise", language, consequence=item["consequence"]))
        if item["until"] is not None:
            lines.append("  " + describe_role(item, language))
        lines.append(f"  {console}{item['page']}")
    lines += ["", render("mail.why", language, consortium=consortium), f"{console}/settings"]
    return subject, "\n".join(lines) + "\n"


@contextmanager
def sending_notices(node: Node) -> Iterator[None]:
    """Send webhooks and mail while the node runs, as the operator's files say.

    Raises:
        UsageError: `input.*` when one of them cannot be read. Corrupt: `file.corrupt`. Refused: `disk.*`.
    """
    with ExitStack() as opened:
        files = opened.enter_context(closing(DiskFiles(node.folder)))
        sent = Sent(files)
        lanes = opened.enter_context(making_webhook_lanes(node, sent))
        server = read_mail_server(files)
        if server is not None:
            send = partial(send_round, node, sent, server, partial(deliver, server), fetch_now_us)
            lanes = [*lanes, Lane(f"mail by {server.host}", send, _LOOK_S, _REST_S)]
        if lanes:
            opened.enter_context(running(node, lanes))
        yield
