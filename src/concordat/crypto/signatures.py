"""Signature suites. Suite 1 is Ed25519: libsodium accepts fast, ZIP-215 decides what libsodium refuses.

libsodium's accept set lies inside ZIP-215, so a node that asks libsodium first and one that does not never disagree.
"""

from __future__ import annotations

from typing import Final

from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

from concordat.crypto.zip215 import is_valid_by_zip215

SUITE_ED25519: Final = 1


def sign(seed: bytes, message: bytes) -> bytes:
    """Return the 64-byte Ed25519 signature of `message` by the key of the 32-byte `seed`."""
    return sign_by_secret(derive_pair(seed)[1], message)


def derive_pair(seed: bytes) -> tuple[bytes, bytes]:
    """Return the public key of the 32-byte `seed`, and libsodium's secret key: the seed ‖ the public key."""
    return crypto_sign_seed_keypair(seed)


def sign_by_secret(secret: bytes, message: bytes) -> bytes:
    """Return the 64-byte Ed25519 signature of `message` by a secret key of `derive_pair`: half of what `sign` takes."""
    return crypto_sign(message, secret)[:64]


def public_key_of(seed: bytes) -> bytes:
    """Return the 32-byte public key of the 32-byte `seed`."""
    return derive_pair(seed)[0]


def is_sound_key(public_key: bytes) -> bool:
    """Tell whether the key is a point of prime order in its one encoding.

    ZIP-215 accepts others too; a signature by a key of small order says nothing, since it fits any message.
    """
    return len(public_key) == 32 and crypto_core_ed25519_is_valid_point(public_key)


def is_accepted_by_libsodium(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether libsodium accepts. Admission to a node's own pool stops here: about 50 µs, whatever is sent."""
    if len(public_key) != 32 or len(signature) != 64:  # the binding reads that many bytes without asking
        return False
    return _is_opened(signature + message, public_key)


def is_valid(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether the signature is valid by the rule of consensus, ZIP-215."""
    return is_accepted_by_libsodium(public_key, signature, message) or is_valid_by_zip215(
        public_key, signature, message
    )


def verify_signed(data: bytes) -> bool:
    """Tell whether libsodium accepts a transaction's wire bytes: signature 64, domain 16, public key 32, payload.

    The wire form is libsodium's own "signed message", so nothing is copied.
    """
    return len(data) >= 112 and _is_opened(data, data[80:112])


def _is_opened(signed: bytes, public_key: bytes) -> bool:
    try:
        crypto_sign_open(signed, public_key)
    except BadSignatureError:
        return False
    return True
