"""What waits for a member, in words and with the place where it is done."""

from __future__ import annotations

from concordat.client.requests import make_path
from concordat.console.frame import Page
from concordat.node import reads
from concordat.primitives.plain import Json
from concordat.wording.sentences import render


def tell_wait(page: Page, wait: Json) -> Json:
    """Return a wait of `reads.get_waits` with `what` (a heading), `about` (a line) and `href`."""
    if wait["contract"]:
        what = _tell(page, wait, wait["contract"])
        return wait | {"what": what, "about": page.label(wait["title"]), "href": f"/contracts/{wait['contract']}"}
    if wait["action"] == "vote":
        number = wait["ballot"]
        about = reads.get_ballot(page.node, number, page.language, limit=0)["sentence"]
        return wait | {"what": page.say("wait.vote", number=number), "about": about, "href": f"/ballots/{number}"}
    if wait["action"] in {"answer", "answer_comment"}:
        what = _tell(page, wait, wait["objection"])
        href = make_path("/objections", wait["subject"], wait["objection"])
        return wait | {"what": what, "about": page.say(f"wait.about_{wait['action']}"), "href": href}
    what = _tell(page, wait, wait["subject"])
    about = page.say(f"wait.about_{wait['action']}")
    return wait | {"what": what, "about": about, "href": f"/members/{wait['subject']}"}


def _tell(page: Page, wait: Json, about: int | str) -> str:
    """Return what to do, in the words of the inbox."""
    values = {"about": about, "obligation": wait["obligation"]}
    return render(f"inbox.{wait['action']}", page.language, names=page.names, **values)
