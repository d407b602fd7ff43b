"""Affine edwards25519, written plainly: an oracle for zip215.py, and the maker of signatures that no library makes."""

from __future__ import annotations

from hashlib import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Affine = tuple[int, int]
IDENTITY: Affine = (0, 1)


def add(left: Affine, right: Affine) -> Affine:
    (x1, y1), (x2, y2) = left, right
    product = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P,
    )


def multiply(scalar: int, point: Affine) -> Affine:
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def negate(point: Affine) -> Affine:
    return -point[0] % P, point[1]


def find_x(y: int) -> int | None:
    """The even x of the point with this y."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return None
    return P - x if x & 1 else x


def encode(point: Affine) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def all_encodings(point: Affine) -> list[bytes]:
    """The canonical encoding, then those with y + p and with the sign of -0."""
    x, y = point
    signs = [x & 1] if x else [0, 1]
    numbers = [y, y + P] if y + P < 2**255 else [y]
    return [(number | sign << 255).to_bytes(32, "little") for number in numbers for sign in signs]


def challenge(nonce_point: bytes, public_key: bytes, message: bytes) -> int:
    return int.from_bytes(sha512(nonce_point + public_key + message).digest(), "little") % L


def _find_base() -> Affine:
    y = 4 * pow(5, -1, P) % P
    x = find_x(y)
    if x is None:
        raise ArithmeticError("base point")
    return x, y


def _find_torsion() -> tuple[Affine, ...]:
    """The eight points of small order, as the multiples of one of order 8."""
    for y in range(2, 100):
        x = find_x(y)
        if x is None:
            continue
        candidate = multiply(L, (x, y))
        if multiply(4, candidate) != IDENTITY:
            return tuple(multiply(factor, candidate) for factor in range(8))
    raise ArithmeticError("no point of order 8")


BASE = _find_base()
TORSION = _find_torsion()
SMALL_ORDER_ENCODINGS = [encoding for point in TORSION for encoding in all_encodings(point)]


def is_valid_by_definition(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """ZIP-215 in affine coordinates: [8]([S]B - R - [k]A) is the identity and S < L."""
    points = []
    for data in (public_key, signature[:32]):
        number = int.from_bytes(data, "little")
        y = number % 2**255 % P
        x = find_x(y)
        if x is None:
            return False
        points.append((x if number >> 255 == 0 else -x % P, y))
    s = int.from_bytes(signature[32:], "little")
    k = challenge(signature[:32], public_key, message)
    difference = add(multiply(s, BASE), negate(add(points[1], multiply(k, points[0]))))
    return s < L and multiply(8, difference) == IDENTITY


def sign_as(scalar: int, nonce: int, key_torsion: Affine, nonce_torsion: Affine, message: bytes) -> tuple[bytes, bytes]:
    """Return (public key, signature) of A = [scalar]B + key torsion and R = [nonce]B + nonce torsion."""
    public_key = encode(add(multiply(scalar, BASE), key_torsion))
    nonce_point = encode(add(multiply(nonce, BASE), nonce_torsion))
    s = (nonce + challenge(nonce_point, public_key, message) * scalar) % L
    return public_key, nonce_point + s.to_bytes(32, "little")


def edge_cases() -> list[tuple[str, bytes, bytes, bytes, bool]]:
    """(name, public key, signature, message, valid): where libraries disagree; validity is by construction."""
    message = b"edge"
    zero = bytes(32)
    key, honest = sign_as(1234567, 7654321, IDENTITY, IDENTITY, message)
    s = int.from_bytes(honest[32:], "little")
    order_8 = TORSION[1]
    mixed_nonce = sign_as(1234567, 7654321, IDENTITY, order_8, message)
    cases = [
        ("honest", key, honest, message, True),
        ("other message", key, honest, b"other", False),
        ("S plus L", key, honest[:32] + (s + L).to_bytes(32, "little"), message, False),
        ("mixed-order R", *mixed_nonce, message, True),
        ("R on no point", key, (2).to_bytes(32, "little") + honest[32:], message, False),
        ("A on no point", (2).to_bytes(32, "little"), honest, message, False),
        (
            "A small, R of full order, S = r",
            encode(order_8),
            encode(multiply(9, BASE)) + (9).to_bytes(32, "little"),
            message,
            True,
        ),
        ("A small, S wrong", encode(order_8), encode(multiply(9, BASE)) + (8).to_bytes(32, "little"), message, False),
    ]
    found: dict[bool, bool] = {}
    for nonce in range(1, 200):  # the key has a part of order 8; whether it shows depends on k mod 8
        mixed_key = sign_as(1234567, nonce, order_8, IDENTITY, message)
        shows = challenge(mixed_key[1][:32], mixed_key[0], message) % 8 != 0
        if shows not in found:
            found[shows] = True
            cases.append((f"mixed-order A, k mod 8 {'is not' if shows else 'is'} 0", *mixed_key, message, True))
    for number, encoding in enumerate(SMALL_ORDER_ENCODINGS):
        cases.append((f"A and R small, encoding {number}", encoding, encoding + zero, message, True))
        cases.append(
            (f"A and R small, encoding {number}, S = 1", encoding, encoding + b"\x01" + zero[1:], message, False)
        )
    return cases
