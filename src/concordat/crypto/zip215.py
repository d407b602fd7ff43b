"""ZIP-215: the one exact rule for which Ed25519 signatures are valid (https://zips.z.cash/zip-0215).

Libraries disagree at the edges (small order, mixed order, encodings with y >= p). The rule here is the widest that a
batch verifier can follow: S < L; A and R decode, in any encoding; [8][S]B = [8]R + [8][k]A.
Pure integers, about 2 ms: only signatures that libsodium refuses come here. Nothing here is secret, so nothing need
take constant time.
"""

from __future__ import annotations

from hashlib import sha512

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
"""L, the order of the base point."""

_D = -121665 * pow(121666, -1, P) % P
_SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032 §5.1.4)."""

IDENTITY: Point = (0, 1, 1, 0)


def add_points(left: Point, right: Point) -> Point:
    """Return the sum; complete, so it also doubles (RFC 8032 §5.1.4)."""
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = 2 * t1 * t2 * _D % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def double_point(point: Point) -> Point:
    """Return twice the point (RFC 8032 §5.1.4)."""
    x, y, z, _ = point
    a = x * x % P
    b = y * y % P
    h = a + b
    e = h - (x + y) * (x + y)
    g = a - b
    f = 2 * z * z + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode_point(data: bytes) -> Point | None:
    """Return the point that 32 bytes encode, or None when y is on no point. Any y < 2**255 and -0 are accepted."""
    number = int.from_bytes(data, "little")
    y = (number & ((1 << 255) - 1)) % P
    numerator = (y * y - 1) % P
    denominator = (_D * y * y + 1) % P
    # RFC 8032 §5.1.3: one power gives the candidate root of numerator / denominator.
    x = numerator * pow(denominator, 3, P) * pow(numerator * pow(denominator, 7, P), (P - 5) // 8, P) % P
    square = denominator * x * x % P
    if square == -numerator % P:
        x = x * _SQRT_MINUS_ONE % P
    elif square != numerator:
        return None
    if x & 1 != number >> 255:
        x = -x % P
    return x, y, 1, x * y % P


def _compute_base_point() -> Point:
    point = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    if point is None:
        raise ArithmeticError("base point")
    return point


BASE = _compute_base_point()


def _compute_sum_of_multiples(first: int, first_point: Point, second: int, second_point: Point) -> Point:
    """Return [first]first_point + [second]second_point, sharing the doublings (Straus)."""
    table = (IDENTITY, first_point, second_point, add_points(first_point, second_point))
    result = IDENTITY
    for bit in range(max(first.bit_length(), second.bit_length()) - 1, -1, -1):
        result = double_point(result)
        choice = (first >> bit & 1) | (second >> bit & 1) << 1
        if choice:
            result = add_points(result, table[choice])
    return result


def is_valid_by_zip215(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether `signature` (64 bytes) by `public_key` (32 bytes) over `message` is valid by ZIP-215."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    key_point = decode_point(public_key)
    nonce_point = decode_point(signature[:32])
    if s >= ORDER or key_point is None or nonce_point is None:
        return False
    # k is taken over the encodings as they came, canonical or not.
    k = int.from_bytes(sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    x, y, z, t = nonce_point
    difference = add_points(_compute_sum_of_multiples(s, BASE, ORDER - k, key_point), (-x % P, y, z, -t % P))
    # [L - k]A equals [-k]A but for a small-order part, which the cofactor 8 clears.
    x, y, z, _ = double_point(double_point(double_point(difference)))
    return x == 0 and y == z
