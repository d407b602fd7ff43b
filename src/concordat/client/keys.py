"""Key files: one Ed25519 key as readable text under a checksum. A private key never leaves its folder.

    concordat key v1
    public <64 hex digits>
    origin random            or: derived, for demos; a node refuses those beyond loopback
    seed <64 hex digits>     or, opened by a password: sealed argon2id <operations> <bytes of memory> <salt ‖ nonce ‖
                             ciphertext in hex>
    sha256 <checksum of the lines above>

The checksum tells damage from a wrong password. A sealed file names how its password is stretched (Argon2id, RFC 9106),
so that later releases may ask for more; a reader takes no more than a file may ask of it. What is stretched is the
password in Unicode's normal form C, as UTF-8 (spec/encoding.md ENC-11).
"""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, cast

import nacl.exceptions
from nacl import pwhash, secret, utils

from concordat.client.files import read_file, save_new_file
from concordat.crypto.signatures import derive_pair, sign_by_secret
from concordat.errors import Corrupt, NotFound, Refused, UsageError
from concordat.ledger.files import output_error
from concordat.primitives.sealed import seal, unseal

_TITLE = "concordat key v1"
Origin = Literal["random", "derived"]

_OTHER_FORMATS: Final = (b"-----BEGIN ", b"ssh-")
_KINDS: Final = (["seed"], ["sealed", "argon2id"])
_SEALED_BYTES: Final = pwhash.argon2id.SALTBYTES + secret.SecretBox.NONCE_SIZE + 32 + secret.SecretBox.MACBYTES
_OPERATIONS_MAX: Final = 16
_MEMORY_BYTES_MIN: Final = pwhash.argon2id.MEMLIMIT_MIN
_MEMORY_BYTES_MAX: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What Argon2id is to spend on a password."""

    operations: int
    memory_bytes: int


_STRETCH: Final = _Stretch(pwhash.argon2id.OPSLIMIT_INTERACTIVE, pwhash.argon2id.MEMLIMIT_INTERACTIVE)


@dataclass(frozen=True)
class Key:
    """A private key in memory."""

    seed: bytes
    origin: Origin

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that others know."""
        return self._pair[0]

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        return sign_by_secret(self._pair[1], message)

    @cached_property
    def _pair(self) -> tuple[bytes, bytes]:
        return derive_pair(self.seed)


def make_key() -> Key:
    """Return a fresh random key."""
    return Key(utils.random(32), "random")


def derive_key(seed: str, label: str) -> Key:
    """Return the demo key of a label: HMAC-SHA-256(seed, label). Anybody who knows the seed has it."""
    return Key(hmac.digest(seed.encode(), f"concordat/key/{label}".encode(), "sha256"), "derived")


def render_key(key: Key, password: str | None = None) -> bytes:
    """Return the key file's bytes; with a password the seed is sealed (Argon2id, XSalsa20-Poly1305)."""
    secret_line = f"seed {key.seed.hex()}"
    if password is not None:
        salt = utils.random(pwhash.argon2id.SALTBYTES)
        box = secret.SecretBox(_stretch(password, salt, _STRETCH))
        secret_line = _render_sealed(salt + box.encrypt(key.seed))
    body = f"{_TITLE}\npublic {key.public_key.hex()}\norigin {key.origin}\n{secret_line}"
    return seal(body.encode())


def render_decoy() -> bytes:
    """Return a sealed key file that no password opens; trying one takes as long as with a real one."""
    body = f"{_TITLE}\npublic {bytes(32).hex()}\norigin random\n{_render_sealed(utils.random(_SEALED_BYTES))}"
    return seal(body.encode())


def _render_sealed(sealed: bytes) -> str:
    return f"sealed argon2id {_STRETCH.operations} {_STRETCH.memory_bytes} {sealed.hex()}"


def is_open_to_others(path: Path) -> bool:
    """Tell whether anybody but the file's owner may read or change it."""
    return bool(path.stat().st_mode & 0o077)


def save_key(path: Path, key: Key, password: str | None = None) -> None:
    """Write a key file that only its owner may read.

    Raises:
        As `save_new_file`; a key is never overwritten.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(error, path) from error
    save_new_file(path, render_key(key, password))


def fetch_key(path: Path, password: str | None = None) -> Key:
    """Read a key file.

    Raises:
        NotFound: `key.absent`. Corrupt: `key.unreadable`. UsageError: `input.*` when it is no readable file.
        Refused: `key.locked`, `key.wrong_password`, `key.asks_too_much`.
    """
    try:
        data = read_file(path)
    except NotFound as error:
        raise NotFound("key.absent", str(path)) from error
    return read_key(data, str(path), password)


def read_key(data: bytes, name: str, password: str | None = None) -> Key:
    """Return the key in a key file's bytes."""
    public, origin, stretch, value = _read_lines(data, name)
    if stretch is not None:
        if password is None:
            raise Refused("key.locked", name)
        salt = value[: pwhash.argon2id.SALTBYTES]
        try:
            value = secret.SecretBox(_stretch(password, salt, stretch)).decrypt(value[len(salt) :])
        except nacl.exceptions.CryptoError as error:
            raise Refused("key.wrong_password", name) from error
    key = Key(value, origin)
    if key.public_key != public:
        raise Corrupt("key.unreadable", name)
    return key


def read_public_key(data: bytes, name: str) -> bytes:
    """Return the public key of a key file, sealed or not."""
    return _read_lines(data, name)[0]


def _read_lines(data: bytes, name: str) -> tuple[bytes, Origin, _Stretch | None, bytes]:
    """Return public key, origin, how the password is stretched (None: there is none), and the secret."""
    if data.lstrip().startswith(_OTHER_FORMATS):
        raise UsageError("key.other_format", name)
    try:
        title, public, origin, private = unseal(name, data).decode().split("\n")
        kind, *words, value = private.split(" ")
        origin = origin.removeprefix("origin ")
        if title != _TITLE or origin not in {"random", "derived"} or [kind, *words[:1]] not in _KINDS:
            raise ValueError(title)
        stretch = _Stretch(*map(int, words[1:])) if words else None
        public_key, secret_bytes = bytes.fromhex(public.removeprefix("public ")), bytes.fromhex(value)
        if len(public_key) != 32 or len(secret_bytes) != (_SEALED_BYTES if words else 32):
            raise ValueError(title)
    except (ValueError, TypeError, Corrupt) as error:
        raise Corrupt("key.unreadable", name) from error
    if stretch is not None and not (
        1 <= stretch.operations <= _OPERATIONS_MAX and _MEMORY_BYTES_MIN <= stretch.memory_bytes <= _MEMORY_BYTES_MAX
    ):
        raise Refused("key.asks_too_much", name)
    return public_key, cast("Origin", origin), stretch, secret_bytes


def _stretch(password: str, salt: bytes, stretch: _Stretch) -> bytes:
    # One keyboard sends a letter and its accent as one character, another as two.
    typed = unicodedata.normalize("NFC", password).encode()
    return pwhash.argon2id.kdf(32, typed, salt, opslimit=stretch.operations, memlimit=stretch.memory_bytes)
