"""What a member can do next: the versions that would fulfill a duty, and the way to the next grade.

The ledger's own rules answer, on the state as it stands; nothing is decided here.
"""

from __future__ import annotations

from typing import Final

from concordat.contracts.terms import Obligation
from concordat.contracts.text import Language
from concordat.credit.grades import compute_next_grade
from concordat.errors import NotFound, Rejected
from concordat.node.node import Node
from concordat.primitives.ledger_time import EPOCH_WEEKS, WEEK_US, compute_week, format_time
from concordat.primitives.plain import Json, to_plain
from concordat.protocol.families.contracts import Deliver, Ground
from concordat.protocol.families.contracts.performance import check_version, get_grounds
from concordat.protocol.state import State
from concordat.wording.sentences import describe_reason

VERSIONS_MAX: Final = 10


def list_candidates(node: Node, number: int, obligation: int, language: Language) -> list[Json]:
    """Return the debtor's newest versions for an obligation; `refusal` says why one would not do, or is None.

    Raises:
        NotFound: `read.no_such_contract`.
    """
    with node.engine.lock:
        state = node.application.state
        duty = _get_obligation(state, number, obligation)
        dataset = state.datasets.get((duty.debtor, duty.dataset))
        latest = dataset.latest if dataset else 0
        candidates = []
        for version in range(latest, max(0, latest - VERSIONS_MAX), -1):
            refusal = None
            try:
                check_version(state, Deliver(number, obligation, version), duty)
            except Rejected as error:
                refusal = describe_reason(error.code, error.parameters, language)
            row = state.versions[(duty.debtor, duty.dataset, version)]
            registered_at = format_time(row.registered_at)
            candidates.append(
                {"version": version, "rows": row.rows, "registered_at": registered_at, "refusal": refusal}
            )
    return candidates


def list_grounds(node: Node, number: int, obligation: int) -> tuple[Ground, ...]:
    """Return on which grounds a delivery for an obligation may be objected to.

    Raises:
        NotFound: `read.no_such_contract`.
    """
    with node.engine.lock:
        return get_grounds(_get_obligation(node.application.state, number, obligation))


def _get_obligation(state: State, number: int, obligation: int) -> Obligation:
    terms = state.terms.get((number,))
    if terms is None or not 1 <= obligation <= len(terms.obligations):
        raise NotFound("read.no_such_contract", str(number))
    return terms.obligations[obligation - 1]


def get_next_grade(node: Node, member: str) -> Json:
    """Return what a member still needs for the next better grade, and when grades rise; None without one.

    Raises:
        NotFound: `read.no_credit`.
    """
    with node.engine.lock:
        application, start = node.application, node.chain.genesis.start_time
        credit = application.state.credits.get((member,))
        if credit is None:
            raise NotFound("read.no_credit", member)
        following = compute_next_grade(credit.score, credit.grade)
        epoch = compute_week(application.time, start) // EPOCH_WEEKS + 1
    if following is None:
        return None
    return to_plain(following) | {"closes_at": format_time(start + epoch * EPOCH_WEEKS * WEEK_US)}
