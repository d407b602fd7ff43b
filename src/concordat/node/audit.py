"""The audit log: who did what through which face, success and failure alike. One chained JSON line each.

It holds no classified value: names of members, codes and digests only (HTTP-18). `audit.head` records up to
where it is durable. A log that does not verify, or does not reach that, is put aside and begun anew; of one that
is gone an empty file is put there, since all lines lost are no less than some. Where only the record of the end is
gone, the log goes on. A line in it says either; it never keeps a node from starting, and doctor tells of it.
"""

from __future__ import annotations

import json
import logging
import threading
from hashlib import sha256

from concordat.errors import ConcordatError, Corrupt
from concordat.ledger.checksummed import FIRST_CHECK, START, ChainEnd, chain_line, read_end, read_lines, render_end
from concordat.ledger.doctor import AUDIT_BREAK, AUDIT_DAMAGED_PREFIX, AUDIT_FILE, AUDIT_HEAD_FILE
from concordat.ledger.files import Files
from concordat.primitives.ledger_time import format_time

_log = logging.getLogger(__name__)


def create_audit_log(files: Files) -> None:
    """Make an empty log and the record of its end."""
    files.replace(AUDIT_FILE, b"")
    files.replace(AUDIT_HEAD_FILE, render_end(START))


class AuditLog:
    """Appends to `audit.log`; every line continues the checksum of the one before. `sync` makes them durable."""

    def __init__(self, files: Files, now_us: int) -> None:
        self._files = files
        self._lock = threading.Lock()
        recorded = _fetch_recorded(files)
        data = files.read(AUDIT_FILE) if files.exists(AUDIT_FILE) else None
        reading = read_lines(data or b"", recorded or START)
        if data is None or reading.is_damaged or (recorded is None and reading.end == START):
            self._end = self._recorded = _begin_anew(files, data or b"", recorded, now_us)
            return
        if (cut := len(data) - reading.end.offset) > 0:
            _log.warning("%s ended with %d bytes of a line that a crash cut short; they are removed", AUDIT_FILE, cut)
            files.truncate(AUDIT_FILE, reading.end.offset)
        self._end, self._recorded = reading.end, recorded or START
        if recorded is None:
            _log.warning("%s is missing or damaged; the audit log verifies and goes on", AUDIT_HEAD_FILE)
            subject = _describe_break(AUDIT_FILE, None)
            self.record(now_us, who="node", face="node", action=AUDIT_BREAK, subject=subject, outcome="unknown")
        self.sync()

    def record(self, time_us: int, *, who: str, face: str, action: str, subject: str, outcome: str) -> None:
        """Append one line. `who` is a member and key, or "public"; `outcome` is "ok" or a code."""
        fields = _render_fields(time_us, who=who, face=face, action=action, subject=subject, outcome=outcome)
        with self._lock:
            line, check = chain_line(self._end.check, fields)
            self._files.write_at(AUDIT_FILE, self._end.offset, line)
            # Only a whole line is continued: on a full disk the next one takes the place of what was cut short.
            self._end = ChainEnd(check, self._end.offset + len(line))

    def sync(self) -> None:
        """Make every line durable, and record that; a disk that does not take it is tried again next time."""
        with self._lock:
            if self._end == self._recorded:
                return
            try:
                self._files.sync(AUDIT_FILE)
                self._files.replace(AUDIT_HEAD_FILE, render_end(self._end))
            except ConcordatError as error:
                _log.error("the audit log is not durable: %s", error)
                return
            self._recorded = self._end


def _fetch_recorded(files: Files) -> ChainEnd | None:
    """Return where the log was durable; None when nothing says so."""
    try:
        return read_end(AUDIT_HEAD_FILE, files.read(AUDIT_HEAD_FILE)) if files.exists(AUDIT_HEAD_FILE) else None
    except Corrupt:
        return None


def _begin_anew(files: Files, data: bytes, recorded: ChainEnd | None, now_us: int) -> ChainEnd:
    """Put what is there aside, and begin with a line that says so. After a crash on the way the next start does it."""
    kept = f"{AUDIT_DAMAGED_PREFIX}{sha256(data).hexdigest()[:16]}"
    files.replace(kept, data)
    _log.error("the audit log is damaged or gone, and is begun anew; kept as: %s, %d bytes", kept, len(data))
    subject = _describe_break(kept, recorded)
    fields = _render_fields(now_us, who="node", face="node", action=AUDIT_BREAK, subject=subject, outcome="damaged")
    line, check = chain_line(FIRST_CHECK, fields)
    begun = ChainEnd(check, len(line))
    files.replace(AUDIT_HEAD_FILE, render_end(begun))
    files.replace(AUDIT_FILE, line)
    return begun


def _describe_break(kept: str, recorded: ChainEnd | None) -> str:
    end = f"{recorded.offset} bytes, check {recorded.check}" if recorded else "unknown"
    return f"kept: {kept}; recorded end: {end}"


def _render_fields(time_us: int, *, who: str, face: str, action: str, subject: str, outcome: str) -> bytes:
    fields = {
        "time": format_time(time_us),
        "who": who,
        "face": face,
        "action": action,
        "subject": subject,
        "outcome": outcome,
    }
    return json.dumps(fields, ensure_ascii=False).encode()
