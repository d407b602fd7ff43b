"""State: typed tables over one journal. Keys as bytes: table number (1 byte) ‖ canonical encoding of the key tuple.

A transaction is all or nothing: `begin` marks the journal, `rollback` undoes to the mark, `commit` forgets it.
`take_changes` hands the block's changed keys to the state tree.

>>> state = State()
>>> state.begin(); state.counters.put(("contracts",), Counter(7)); state.commit()
>>> state.begin(); state.counters.put(("contracts",), Counter(8)); state.rollback()
>>> state.counters.get(("contracts",))
Counter(count=7)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from typing import Generic, Literal, TypeVar

from concordat.contracts.terms import Terms
from concordat.credit.evidence import Evidence
from concordat.credit.records import Record
from concordat.errors import InvariantBroken
from concordat.primitives.codec import Struct, decode, encode
from concordat.protocol.params import DEFAULT_PARAMS, Params, ParamsRow, make_params
from concordat.protocol.records import (
    Ballot,
    BehaviorCount,
    Contract,
    Counter,
    Credit,
    Dataset,
    Delegation,
    Due,
    Duty,
    Flow,
    Grant,
    Identity,
    Lane,
    Member,
    Objection,
    Officer,
    Scheduled,
    Series,
    TransactionRef,
    Version,
    Vote,
)

Key = tuple[str | int | bytes, ...]
K = TypeVar("K", bound=Key)
V = TypeVar("V", bound=Struct)
SortedBy = Literal["nothing", "first", "whole"]
_ALL = ""
"""The one group of a table that is sorted as a whole."""


class Table(Generic[K, V]):
    """Rows of one type by key tuple.

    `sorted_by` says which rows `group` yields together, in key order: those that share the first part of the key, all
    of them (the due-queue), or none.
    """

    def __init__(self, number: int, kind: type[V], key_kind: type[K], state: State, sorted_by: SortedBy) -> None:
        self.number = number
        self.kind = kind
        self.key_kind = key_kind
        self._state = state
        self._rows: dict[K, V] = {}
        self._sorted_by = sorted_by
        self._groups: dict[str | int | bytes, list[K]] = {}
        self.changed: dict[K, None] = {}
        """The keys whose changes the state has not handed on yet."""

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: K) -> V:
        return self._rows[key]

    def __contains__(self, key: K) -> bool:
        return key in self._rows

    def get(self, key: K) -> V | None:
        """Return the row, or None."""
        return self._rows.get(key)

    def put(self, key: K, value: V) -> None:
        """Insert or replace a row."""
        self._state.record(self, key, self._rows.get(key))
        self.set_raw(key, value)

    def delete(self, key: K) -> None:
        """Remove a row that exists."""
        self._state.record(self, key, self._rows[key])
        self.set_raw(key, None)

    def group(self, first: str | int | bytes) -> list[tuple[K, V]]:
        """Return the rows whose key begins with `first`, in key order."""
        return [(key, self._rows[key]) for key in self._groups.get(first, ())]

    def count(self, is_counted: Callable[[V], bool]) -> int:
        """Return how many rows are counted; in which order they are asked does not show."""
        return sum(map(is_counted, self._rows.values()))

    def group_size(self, first: str | int | bytes) -> int:
        """Return how many rows have a key that begins with `first`."""
        return len(self._groups.get(first, ()))

    def tail(self, first: str | int | bytes, start: int) -> list[V]:
        """Return the rows whose key begins with `first`, from the place `start` on in key order."""
        return [self._rows[key] for key in self._groups.get(first, ())[start:]]

    def behind(self, key: K, limit: int) -> list[tuple[K, V]]:
        """Return at most `limit` rows behind `key` among those that share its first part, in key order."""
        keys = self._groups.get(key[0], [])
        start = bisect_right(keys, key)
        return [(each, self._rows[each]) for each in keys[start : start + limit]]

    def items(self) -> Iterator[tuple[K, V]]:
        """Yield all rows in key order."""
        for key in sorted(self._rows):
            yield key, self._rows[key]

    def first_key(self) -> K | None:
        """Return the least key of a table that is sorted as a whole."""
        keys = self._groups.get(_ALL)
        return keys[0] if keys else None

    def set_raw(self, key: K, value: V | None) -> None:
        """Write without journal: used by the journal itself and when a snapshot is loaded."""
        if self._sorted_by != "nothing" and (key in self._rows) == (value is None):
            self._place(key, is_new=value is not None)
        if value is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = value

    def _place(self, key: K, *, is_new: bool) -> None:
        first = _ALL if self._sorted_by == "whole" else key[0]
        keys = self._groups.setdefault(first, [])
        if is_new:
            insort(keys, key)
            return
        del keys[bisect_left(keys, key)]
        if not keys:
            del self._groups[first]

    def key_bytes(self, key: K) -> bytes:
        """Return the key as the state tree knows it."""
        return bytes((self.number,)) + encode(key)


class State:
    """All tables. Single-threaded; readers outside the ledger's thread take encoded rows from the application."""

    def __init__(self) -> None:
        self._tables: dict[int, Table[Key, Struct]] = {}
        """By number, ascending; numbers may be left out."""
        self._journal: list[tuple[Table[Key, Struct], Key, Struct | None]] = []
        self.members = self._table(1, Member, tuple[str])
        self.identities = self._table(2, Identity, tuple[str, str])
        self.officers = self._table(3, Officer, tuple[bytes])
        self.lanes = self._table(4, Lane, tuple[bytes, int])
        self.client_keys = self._table(5, TransactionRef, tuple[bytes, bytes])
        self.datasets = self._table(6, Dataset, tuple[str, str])
        self.versions = self._table(7, Version, tuple[str, str, int], "first")
        self.contracts = self._table(8, Contract, tuple[int])
        self.terms = self._table(9, Terms, tuple[int])
        self.duties = self._table(10, Duty, tuple[int, int], "first")
        self.records = self._table(11, Record, tuple[str, int, int, int, int], "first")
        self.credits = self._table(12, Credit, tuple[str])
        self.flows = self._table(13, Flow, tuple[int, str, str], "first")
        self.due = self._table(14, Due, tuple[int, int, bytes], "whole")
        self.params = self._table(15, ParamsRow, tuple[int])
        self.counters = self._table(16, Counter, tuple[str])
        self.ballots = self._table(17, Ballot, tuple[int])
        self.votes = self._table(18, Vote, tuple[int, str], "first")
        self.scheduled = self._table(19, Scheduled, tuple[int, int], "whole")
        self.behaviors = self._table(20, BehaviorCount, tuple[str, str, int], "first")
        self.series = self._table(21, Series, tuple[str, str], "first")
        self.grants = self._table(22, Grant, tuple[bytes, str])
        self.delegations = self._table(23, Delegation, tuple[bytes, bytes], "first")
        self.objections = self._table(26, Objection, tuple[str, int], "first")
        self.evidence: dict[str, Evidence] = {}
        """By member, what its records came to when last asked; it follows from them and is no part of the state."""
        self._params_row: ParamsRow | None = None
        self._params = DEFAULT_PARAMS
        """What `_params_row` says, read once."""

    @property
    def row_count(self) -> int:
        """The number of rows in all tables."""
        return sum(len(table) for table in self._tables.values())

    def _table(self, number: int, kind: type[V], key_kind: type[K], sorted_by: SortedBy = "nothing") -> Table[K, V]:
        table = Table(number, kind, key_kind, self, sorted_by)
        self._tables[number] = table  # type: ignore[assignment]  # they are only undone and encoded
        return table

    def record(self, table: Table[K, V], key: K, former: V | None) -> None:
        """Note the row's former value before it changes."""
        self._journal.append((table, key, former))  # type: ignore[arg-type]

    def begin(self) -> None:
        """Start a change that may be rolled back."""
        if self._journal:
            raise InvariantBroken("a change was begun inside another")

    def rollback(self) -> None:
        """Undo everything since `begin`."""
        for table, key, former in reversed(self._journal):
            table.set_raw(key, former)
        self._journal.clear()

    def commit(self) -> None:
        """Keep everything since `begin`."""
        for table, key, _ in self._journal:
            table.changed[key] = None
        self._journal.clear()

    def take_changes(self) -> list[tuple[bytes, bytes | None]]:
        """Return (key, new value or None) of every row changed since the last call, and forget them."""
        changes: list[tuple[bytes, bytes | None]] = []
        for table in self._tables.values():
            for key in table.changed:
                row = table.get(key)
                changes.append((table.key_bytes(key), None if row is None else encode(row)))
            table.changed.clear()
        return changes

    def get_encoded(self, key: bytes) -> bytes | None:
        """Return the value that the state tree binds to `key`, any bytes.

        Raises:
            Rejected: `encoding.*` when what follows the number of a table is no key of it.
        """
        table = self._tables.get(key[0]) if key else None
        if table is None:
            return None
        row = table.get(decode(table.key_kind, key[1:]))
        return None if row is None else encode(row)

    def dump(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every row as (key, value), in table and key order."""
        for table in self._tables.values():
            for key, row in table.items():
                yield table.key_bytes(key), encode(row)

    def load(self, rows: Iterator[tuple[bytes, bytes]]) -> None:
        """Fill an empty state from a dump."""
        for key, value in rows:
            table = self._tables[key[0]]
            table.set_raw(decode(table.key_kind, key[1:]), decode(table.kind, value))

    def get_params(self) -> Params:
        """Return the parameters in force."""
        row = self.params[(0,)]
        if row is not self._params_row:
            self._params_row, self._params = row, make_params(dict(row.values))
        return self._params
