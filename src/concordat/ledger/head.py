"""The file `head`: up to where the log was durable when a block was last acknowledged.

Two slots of one 512-byte sector each, written in turn, so that one is whole at any moment:

    slot = "cncdhead" ‖ u64be height ‖ u64be end of the log ‖ digest of the last record (32)
           ‖ zeros to byte 480 ‖ SHA-256 of the first 480 bytes

Both slots hold height 0 in a new store; height n then goes to slot n mod 2.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

import msgspec

SLOT_BYTES: Final = 512

_MAGIC: Final = b"cncdhead"
_FIELDS: Final = struct.Struct(">8sQQ32s")
_CHECKED_BYTES: Final = SLOT_BYTES - 32


class Head(msgspec.Struct, frozen=True):
    """The last record known durable: its block's height, the byte after it in the log, its digest."""

    height: int
    log_end: int
    digest: bytes


class HeadReading(msgspec.Struct, frozen=True):
    """What the file says: the slots that verify, and the offsets where something does not."""

    slots: tuple[Head, ...]
    fault_offsets: tuple[int, ...]

    @property
    def newest(self) -> Head | None:
        """The slot of the greatest height."""
        return max(self.slots, key=lambda slot: slot.height, default=None)


def encode_slot(head: Head) -> bytes:
    """Return the 512 bytes of one slot."""
    checked = _FIELDS.pack(_MAGIC, head.height, head.log_end, head.digest).ljust(_CHECKED_BYTES, b"\0")
    return checked + hashlib.sha256(checked).digest()


def compute_slot_offset(height: int) -> int:
    """Return where in the file the slot of `height` stands."""
    return height % 2 * SLOT_BYTES


def parse_head(data: bytes) -> HeadReading:
    """Read the file's bytes. A slot is valid when writing its values gives its bytes, and it stands in its place."""
    slots: list[Head] = []
    faults: list[int] = []
    for offset in (0, SLOT_BYTES):
        slot = data[offset : offset + SLOT_BYTES]
        head = _parse_slot(slot)
        if head is not None and head.height and compute_slot_offset(head.height) != offset:
            head = None
        if head is None:
            faults.append(offset)
        else:
            slots.append(head)
    if len(data) > 2 * SLOT_BYTES:
        faults.append(2 * SLOT_BYTES)
    return HeadReading(tuple(slots), tuple(faults))


def _parse_slot(slot: bytes) -> Head | None:
    if len(slot) != SLOT_BYTES:
        return None
    _, height, log_end, digest = _FIELDS.unpack_from(slot)
    head = Head(height, log_end, digest)
    return head if encode_slot(head) == slot else None
