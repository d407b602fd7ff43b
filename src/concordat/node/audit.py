"""The audit log: who did what through which face, success and failure alike. One chained JSON line each.

It holds no classified value: names of members, codes and digests only (architecture §3.25).
"""

from __future__ import annotations

import json
import threading

from concordat.errors import Corrupt
from concordat.ledger.checksummed import chain_line, is_cut_short, verify_lines
from concordat.ledger.doctor import AUDIT_FILE
from concordat.ledger.files import Files
from concordat.primitives.ledger_time import format_time


class AuditLog:
    """Appends to `audit.log`; every line continues the checksum of the one before."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._lock = threading.Lock()
        if not files.exists(AUDIT_FILE):
            files.replace(AUDIT_FILE, b"")
        data = files.read(AUDIT_FILE)
        end = verify_lines(data)
        if end.offset < len(data):
            if not is_cut_short(data, end.offset):
                raise Corrupt("audit.corrupt", f"{AUDIT_FILE}, byte {end.offset}", "restore it from a backup")
            files.truncate(AUDIT_FILE, end.offset)  # a line that a crash cut short
        self._check, self._offset = end.check, end.offset

    def record(self, time_us: int, *, who: str, face: str, action: str, subject: str, outcome: str) -> None:
        """Append one line. `who` is a member and key, or "public"; `outcome` is "ok" or a code."""
        fields = {
            "time": format_time(time_us),
            "who": who,
            "face": face,
            "action": action,
            "subject": subject,
            "outcome": outcome,
        }
        with self._lock:
            line, check = chain_line(self._check, json.dumps(fields, ensure_ascii=False).encode())
            self._files.write_at(AUDIT_FILE, self._offset, line)
            # Only a whole line is continued: on a full disk the next one takes the place of what was cut short.
            self._check, self._offset = check, self._offset + len(line)
