"""Admission to the ledger: validity and nonce windows, lanes, client keys; how time moves; which blocks are valid."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from concordat.errors import Rejected
from concordat.primitives.codec import decode, encode
from concordat.primitives.ledger_time import DAY_US, parse_time
from concordat.protocol.families.clock import Advance, Advanced, Tick
from concordat.protocol.families.membership import Respond
from concordat.protocol.lanes import NONCE_WINDOW, compute_lane, is_nonce_fresh
from concordat.protocol.params import DEFAULT_PARAMS
from concordat.protocol.receipts import DueCause, TransactionCause
from concordat.protocol.records import Duty, Lane
from concordat.protocol.state import State
from concordat.protocol.transactions import LANES, Entry, Payload, compute_transaction_id
from concordat.protocol.transition import InvalidBlock, check_validity
from concordat.testing.consortium import DATASET, START_US, Consortium

RESPOND = Respond(sha256(b"x").digest())
# A refused operation still uses up its nonce: "no hearing" says that the transaction was admitted.
ADMITTED = "membership.no_hearing"


def send(c: Consortium, payload: Payload, signer: str = "azure-bay") -> str:
    return c.submit(c.sign_payload(signer, payload))[0].code


def make(c: Consortium, nonce: int, lane: int = 0, client_key: bytes = b"") -> Payload:
    return Payload(c.chain.id, 1, lane, nonce, c.height + 1, c.time, client_key, (RESPOND,))


# ── nonces and lanes ────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.integers(1, 160) | st.integers(1, 2**53 - 1), max_size=120))
def test_a_lane_is_the_set_of_used_nonces_above_the_window(nonces: list[int]) -> None:
    used: set[int] = set()
    lane: Lane | None = None
    for nonce in nonces:
        is_expected = nonce not in used and nonce >= max(used, default=0) - NONCE_WINDOW
        assert is_nonce_fresh(lane, nonce) == is_expected
        if is_expected:
            lane = compute_lane(lane, nonce)
            used.add(nonce)
            assert decode(Lane, encode(lane)) == lane


@pytest.mark.parametrize("leap", [1, NONCE_WINDOW - 1, NONCE_WINDOW, NONCE_WINDOW + 1, 10**6])
def test_a_leap_remembers_the_former_highest(leap: int) -> None:
    lane = compute_lane(compute_lane(None, 1), 1 + leap)
    assert not is_nonce_fresh(lane, 1)
    assert is_nonce_fresh(lane, 2) == (2 <= leap <= NONCE_WINDOW + 1)


def test_nonces_may_come_in_any_order_within_the_window() -> None:
    c = Consortium()
    assert [send(c, make(c, nonce)) for nonce in (50, 2, 49, 1, 2, 50)] == [
        ADMITTED, ADMITTED, ADMITTED, "ledger.nonce_used", "ledger.nonce_used", "ledger.nonce_used",
    ]  # fmt: skip


def test_every_lane_counts_for_itself() -> None:
    c = Consortium()
    assert {send(c, make(c, 7, lane)) for lane in range(LANES)} == {ADMITTED}
    assert {send(c, make(c, 7, lane)) for lane in range(LANES)} == {"ledger.nonce_used"}


def test_signers_do_not_share_nonces() -> None:
    c = Consortium()
    assert [send(c, make(c, 1), signer) for signer in ("azure-bay", "birch-vale")] == [ADMITTED, ADMITTED]


def test_a_refusal_before_admission_spends_no_nonce() -> None:
    c = Consortium()
    payload = make(c, 1)
    assert send(c, replace(payload, valid_until_height=0)) == "ledger.expired"
    assert send(c, make(c, 1)) == ADMITTED


def test_a_key_that_nobody_knows_may_only_apply_and_leaves_no_trace_else() -> None:
    c = Consortium()
    application = c.make_application("echo-hill", "azure-bay")
    receipt = c.attempt("echo-hill", application, c.make_registration("echo-hill"))
    assert (receipt.code, receipt.operation) == ("ledger.unknown_key", 0)
    assert c.attempt("echo-hill", RESPOND).code == "ledger.unknown_key"
    assert len(c.state.lanes) == 0
    assert c.attempt("echo-hill", application).code == "ok"


# ── client keys and validity ────────────────────────────────────────────────────────────────────────────────────────


def test_a_client_key_leads_to_its_transaction_for_ever() -> None:
    c = Consortium()
    first = c.sign_payload("azure-bay", make(c, 1, client_key=b"order 7"))
    c.submit(first)
    second = c.submit(c.sign_payload("azure-bay", make(c, 2, client_key=b"order 7")))[0]
    assert second.code == "ledger.client_key_used"
    assert second.reasons[0].parameters == (compute_transaction_id(first).hex(),)
    assert send(c, make(c, 1, client_key=b"order 7"), "birch-vale") == ADMITTED
    assert send(c, make(c, 2)) == ADMITTED


def test_a_transaction_is_valid_up_to_its_height_and_not_too_far_ahead() -> None:
    c = Consortium(params=replace(DEFAULT_PARAMS, validity_heights_max=10))
    for offset, code in ((-1, "ledger.expired"), (0, ADMITTED), (10, ADMITTED), (11, "ledger.valid_too_long")):
        payload = replace(make(c, 5 + offset), valid_until_height=c.height + 1 + offset)
        assert send(c, payload) == code


@pytest.mark.parametrize("clock", ["real", "scenario"])
@pytest.mark.parametrize(
    ("offset", "code"),
    [
        (-1, "ledger.expired"),
        (0, ADMITTED),
        (366 * DAY_US, ADMITTED),
        (366 * DAY_US + 1, "ledger.valid_too_long"),
    ],
)
def test_a_transaction_is_valid_up_to_its_time_and_not_too_far_ahead(
    clock: Literal["real", "scenario"], offset: int, code: str
) -> None:
    c = Consortium(clock=clock)
    c.advance(30)
    receipt = c.submit(c.sign_payload("azure-bay", replace(make(c, 5), valid_until=c.time + offset)))[0]
    assert receipt.code == code
    if code != ADMITTED:
        assert receipt.reasons[0].parameters == (c.height, c.time + offset, c.height, c.time)


def test_what_was_kept_back_on_a_quiet_chain_is_refused_years_later() -> None:
    c = Consortium(clock="real")
    wire = c.make_wire("azure-bay", RESPOND)
    assert c.run_block(c.time + 900 * DAY_US, wire)[-1].receipt.code == "ledger.expired"


def test_in_a_real_clock_the_blocks_own_time_counts() -> None:
    c = Consortium(clock="real")
    kept, good = (replace(make(c, nonce), valid_until=c.time + nonce) for nonce in (1, 2))
    wires = [c.sign_payload("azure-bay", payload) for payload in (kept, good)]
    assert [entry.receipt.code for entry in c.run_block(c.time + 2, *wires)] == ["ledger.expired", ADMITTED]


def test_an_advance_is_measured_by_the_time_before_it() -> None:
    c = Consortium()
    target = c.time + 900 * DAY_US
    last = replace(make(c, 1), operations=(Advance(target),))
    with pytest.raises(InvalidBlock):  # what is refused moves no time
        c.run_block(target, c.sign_payload("azure-bay", replace(last, valid_until=c.time - 1)))
    (*_, entry) = c.run_block(target, c.sign_payload("azure-bay", last))
    assert (entry.time, entry.receipt.code) == (target, "ok")


@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(0, 2), st.booleans())
def test_validity_is_a_window_of_heights_and_times(height: int, time: int, heights_max: int, is_far: bool) -> None:
    c = Consortium()
    at_height, at_time = 10, START_US
    shift = 366 * DAY_US if is_far else 0
    payload = replace(make(c, 1), valid_until_height=at_height + height, valid_until=at_time + time + shift)
    code = ADMITTED
    try:
        check_validity(payload, at_height, at_time, heights_max)
    except Rejected as rejection:
        code = rejection.code
    is_past = payload.valid_until_height < at_height or payload.valid_until < at_time
    is_too_far = height > heights_max or (is_far and time > 0)
    assert code == ("ledger.expired" if is_past else "ledger.valid_too_long" if is_too_far else ADMITTED)


def test_one_payload_one_reading() -> None:
    c = Consortium()
    payload = make(c, 1)
    for broken in (
        replace(payload, suite=2),
        replace(payload, lane=LANES),
        replace(payload, nonce=0),
        replace(payload, client_key=bytes(33)),
        replace(payload, operations=()),
        replace(payload, operations=(RESPOND,) * 101),
        replace(payload, chain_id=bytes(31)),
    ):
        assert send(c, broken) == "encoding.malformed"


# ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_simulated_time_moves_by_an_advance_to_its_own_time() -> None:
    c = Consortium()
    target = c.time + DAY_US
    for time, wires in (
        (target, ()),
        (target, (c.make_wire("azure-bay", RESPOND),)),
        (target + 1, (c.make_wire("azure-bay", Advance(target)),)),
        (target, (c.make_wire("birch-vale", Advance(target)),)),
        (target, (c.make_wire("azure-bay", Advance(target), RESPOND),)),
        (target, (c.make_wire("azure-bay", Advance(target)), c.make_wire("azure-bay", RESPOND))),
        (c.time - 1, (c.make_wire("azure-bay", Advance(c.time - 1)),)),
    ):
        with pytest.raises(InvalidBlock):
            c.run_block(time, *wires)
    assert c.height == 0
    entry = c.run_block(target, c.make_wire("azure-bay", Advance(target)))[-1]
    assert entry.receipt.events == (Advanced(target),)


def test_an_advance_to_the_present_or_the_past_is_refused() -> None:
    c = Consortium()
    for target in (c.time, c.time - 1):
        receipt = c.attempt("azure-bay", Advance(target))
        assert (receipt.code, receipt.reasons[0].parameters) == ("clock.not_forward", (target, c.time))


def test_an_advance_whose_block_stayed_behind_is_refused() -> None:
    c = Consortium()
    receipt = c.run_block(c.time, c.make_wire("azure-bay", Advance(c.time + 1)))[-1].receipt
    assert receipt.code == "clock.not_forward"


def test_simulated_time_moves_ten_years_at_once_and_no_further() -> None:
    c = Consortium()
    furthest = c.time + 3650 * DAY_US
    receipt = c.attempt("azure-bay", Advance(furthest + 1))
    assert (receipt.code, receipt.reasons[0].parameters) == ("clock.too_far", (furthest + 1, furthest))
    with pytest.raises(InvalidBlock):
        c.run_block(furthest + 1, c.make_wire("azure-bay", Advance(furthest + 1)))
    assert c.run_block(furthest, c.make_wire("azure-bay", Advance(furthest)))[-1].receipt.code == "ok"


def test_simulated_time_ends_with_the_22nd_century() -> None:
    c = Consortium()
    end = parse_time("2200-01-01T00:00:00Z")
    while c.time < end:
        c.advance_to(min(end, c.time + 3650 * DAY_US))
    receipt = c.attempt("azure-bay", Advance(end + 1))
    assert (receipt.code, receipt.reasons[0].parameters) == ("clock.too_far", (end + 1, end))


def test_real_time_never_goes_back() -> None:
    c = Consortium(clock="real")
    c.run_block(c.time + 5)
    c.run_block(c.time)
    with pytest.raises(InvalidBlock):
        c.run_block(c.time - 1)


def test_a_tick_lets_what_is_due_happen_where_time_runs_by_itself() -> None:
    c = Consortium(clock="real")
    c.propose(c.make_supply("cedar-ford", "azure-bay"))
    entries = c.run_block(c.time + DAY_US, c.make_wire("node", Tick()))
    assert [type(entry.cause) for entry in entries] == [DueCause, TransactionCause]
    assert c.attempt("azure-bay", Tick()).code == "ledger.role_missing"


def test_the_nodes_key_does_nothing_but_tick() -> None:
    c = Consortium()
    assert c.attempt("node", RESPOND).code == "ledger.role_missing"


def test_transactions_wait_behind_what_is_due() -> None:
    c = Consortium(params=replace(DEFAULT_PARAMS, due_events_per_block_max=2))
    for _ in range(5):
        c.propose(c.make_supply("cedar-ford", "azure-bay"))
    c.run_block(c.time + DAY_US, c.make_wire("azure-bay", Advance(c.time + DAY_US)))
    waiting = c.make_wire("cedar-ford", c.make_registration("cedar-ford"))
    assert c.submit(waiting)[0].code == "ledger.due_first"
    assert c.submit(waiting)[0].code == "ok"
    assert len(c.state.datasets) == 1
    assert [c.state.contracts[(number,)].status for number in range(1, 6)] == ["expired"] * 5


# ── history ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_entries_name_their_place_and_cause() -> None:
    c = Consortium()
    c.propose(c.make_supply("cedar-ford", "azure-bay"))
    target = c.time + DAY_US
    wire = c.make_wire("azure-bay", Advance(target))
    entries = c.run_block(target, wire)
    assert [(entry.height, entry.time, entry.index) for entry in entries] == [(2, target, 0), (2, target, 1)]
    assert isinstance(entries[0].cause, DueCause)
    assert entries[1].cause == TransactionCause(wire)


@settings(max_examples=60)
@given(st.data())
def test_no_flipped_bit_of_a_transaction_is_accepted(data: st.DataObject) -> None:
    c = Consortium()
    wire = bytearray(c.make_wire("cedar-ford", c.make_registration("cedar-ford")))
    place = data.draw(st.integers(0, len(wire) * 8 - 1))
    wire[place // 8] ^= 1 << place % 8
    assert c.submit(bytes(wire))[0].code in {
        "ledger.wrong_domain", "encoding.malformed", "encoding.not_canonical", "ledger.wrong_chain",
        "ledger.bad_signature",
    }  # fmt: skip
    assert ("cedar-ford", DATASET) not in c.state.datasets


@given(st.binary(max_size=300))
def test_any_bytes_are_answered_with_a_receipt(junk: bytes) -> None:
    c = JUNK_CONSORTIUM
    before = len(c.entries)
    receipt = c.submit(junk)[0]
    assert receipt.code in {"ledger.wrong_domain", "encoding.malformed"}
    assert decode(Entry, encode(c.entries[before])) == c.entries[before]


@given(st.binary(max_size=60) | st.builds(lambda table, rest: bytes((table,)) + rest, st.integers(0, 17), st.binary()))
def test_any_bytes_may_be_asked_for_as_a_key(key: bytes) -> None:
    expected = dict(JUNK_CONSORTIUM.state.dump()).get(key)
    with suppress(Rejected):
        assert JUNK_CONSORTIUM.state.get_encoded(key) == expected
        return
    assert expected is None


@pytest.mark.parametrize("key", [b"", b"\0", b"\0" + encode((0,)), bytes((17,)) + encode((0,)), b"\xff"])
def test_a_key_of_no_table_has_no_value(key: bytes) -> None:
    assert JUNK_CONSORTIUM.state.get_encoded(key) is None


def test_every_row_is_found_by_its_key() -> None:
    state = JUNK_CONSORTIUM.state
    rows = dict(state.dump())
    assert {key: state.get_encoded(key) for key in rows} == rows


@given(st.sets(st.tuples(st.integers(1, 3), st.integers(1, 9)), max_size=20), st.integers(0, 10), st.integers(0, 5))
def test_rows_behind_a_key_are_those_of_its_group_in_order(keys: set[tuple[int, int]], place: int, limit: int) -> None:
    duties = State().duties
    for key in keys:
        duties.set_raw(key, Duty("kept", 0))
    wanted = [key for key in sorted(keys) if key[0] == 2 and key[1] > place]
    assert [key for key, _ in duties.behind((2, place), limit)] == wanted[:limit]


JUNK_CONSORTIUM = Consortium()
