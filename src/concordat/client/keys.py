"""Key files: one Ed25519 key as readable text under a checksum. A private key never leaves its folder.

    concordat key v1
    public <64 hex digits>
    origin random            or: derived, for demos; a node refuses those beyond loopback
    seed <64 hex digits>     or: sealed <salt ‖ nonce ‖ ciphertext in hex>, opened by a password
    sha256 <checksum of the lines above>

The checksum tells damage from a wrong password.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import nacl.exceptions
from nacl import pwhash, secret, utils

from concordat.crypto.signatures import public_key_of, sign
from concordat.errors import Corrupt, NotFound, Refused, UsageError
from concordat.ledger.checksummed import seal, unseal

_TITLE = "concordat key v1"
Origin = Literal["random", "derived"]


@dataclass(frozen=True, slots=True)
class Key:
    """A private key in memory."""

    seed: bytes
    origin: Origin

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that others know."""
        return public_key_of(self.seed)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        return sign(self.seed, message)


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
        box = secret.SecretBox(_stretch(password, salt))
        secret_line = f"sealed {(salt + box.encrypt(key.seed)).hex()}"
    body = f"{_TITLE}\npublic {key.public_key.hex()}\norigin {key.origin}\n{secret_line}"
    return seal(body.encode())


def save_key(path: Path, key: Key, password: str | None = None) -> None:
    """Write a key file that only its owner may read.

    Raises:
        Refused: `key.exists`; a key is never overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Refused("key.exists", str(path), "choose another name; a key is never overwritten") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(render_key(key, password))


def fetch_key(path: Path, password: str | None = None) -> Key:
    """Read a key file.

    Raises:
        NotFound: `key.absent`. Corrupt: `key.unreadable`. Refused: `key.locked`, `key.wrong_password`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFound("key.absent", str(path), "make one with `concordat key new FILE`") from error
    return read_key(data, str(path), password)


def read_key(data: bytes, name: str, password: str | None = None) -> Key:
    """Return the key in a key file's bytes."""
    public, origin, kind, value = _read_lines(data, name)
    if kind == "sealed":
        if password is None:
            raise Refused("key.locked", name, "give its password")
        salt = value[: pwhash.argon2id.SALTBYTES]
        try:
            value = secret.SecretBox(_stretch(password, salt)).decrypt(value[len(salt) :])
        except nacl.exceptions.CryptoError as error:
            raise Refused("key.wrong_password", name, "try again") from error
    key = Key(value, origin)
    if key.public_key != public:
        raise Corrupt("key.unreadable", name, "restore it from a backup")
    return key


def read_public_key(data: bytes, name: str) -> bytes:
    """Return the public key of a key file, sealed or not."""
    return _read_lines(data, name)[0]


def _read_lines(data: bytes, name: str) -> tuple[bytes, Origin, str, bytes]:
    try:
        title, public, origin, private = unseal(name, data).decode().split("\n")
        kind, value = private.split(" ")
        origin = origin.removeprefix("origin ")
        if title != _TITLE or origin not in {"random", "derived"} or kind not in {"seed", "sealed"}:
            raise ValueError(title)
        return bytes.fromhex(public.removeprefix("public ")), origin, kind, bytes.fromhex(value)  # type: ignore[return-value]
    except (ValueError, Corrupt) as error:
        raise Corrupt("key.unreadable", name, "restore it from a backup; do not edit it") from error


def _stretch(password: str, salt: bytes) -> bytes:
    return pwhash.argon2id.kdf(
        32,
        password.encode(),
        salt,
        opslimit=pwhash.argon2id.OPSLIMIT_INTERACTIVE,
        memlimit=pwhash.argon2id.MEMLIMIT_INTERACTIVE,
    )


def check_hex_key(text: str) -> bytes:
    """Return the public key that 64 hexadecimal digits write."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UsageError("key.not_a_public_key", text, "a public key is 64 hexadecimal digits")
    return key
