// Bytes, SHA-2 and Ed25519 in plain JavaScript, for any place that runs it. No dependency, no network.
//
// WebCrypto is not asked: it needs a secure context, and the accept set of a browser's Ed25519 is not that of PRF-1.

export const encodeText = (text) => new TextEncoder().encode(text);

export function joinBytes(...parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function compareBytes(left, right) {
  const size = Math.min(left.length, right.length);
  for (let at = 0; at < size; at++) if (left[at] !== right[at]) return left[at] - right[at];
  return left.length - right.length;
}

export const isSame = (left, right) => compareBytes(left, right) === 0;

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const fromHex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

export const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

// ── SHA-2 (FIPS 180-4) ──────────────────────────────────────────────────────────────────────────────────────────────

/** The first 64 bits of the fraction of the `degree`-th root of a prime: where the constants of SHA-2 come from. */
function computeRootBits(prime, degree) {
  const target = BigInt(prime) << (64n * BigInt(degree));
  let low = 0n;
  for (let bit = 1n << 73n; bit; bit >>= 1n) if ((low + bit) ** BigInt(degree) <= target) low += bit;
  return BigInt.asUintN(64, low);
}

function listPrimes(count) {
  const primes = [];
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime)) primes.push(number);
  }
  return primes;
}

const PRIMES = listPrimes(80);
const START_64 = PRIMES.slice(0, 8).map((prime) => computeRootBits(prime, 2));
const ROUNDS_64 = PRIMES.map((prime) => computeRootBits(prime, 3));
const START_32 = START_64.map((bits) => Number(bits >> 32n));
const ROUNDS_32 = ROUNDS_64.slice(0, 64).map((bits) => Number(bits >> 32n));

/** The message, 0x80, zeros, and its length in bits, to whole blocks. */
function pad(message, blockBytes) {
  const lengthBytes = blockBytes / 8;
  const size = Math.ceil((message.length + 1 + lengthBytes) / blockBytes) * blockBytes;
  const padded = new Uint8Array(size);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(size - 8, BigInt(message.length) * 8n);
  return view;
}

export function sha256(message) {
  const view = pad(message, 64);
  const hash = Uint32Array.from(START_32);
  const words = new Uint32Array(64);
  const turn = (word, count) => (word >>> count) | (word << (32 - count));
  for (let block = 0; block < view.byteLength; block += 64) {
    for (let at = 0; at < 16; at++) words[at] = view.getUint32(block + 4 * at);
    for (let at = 16; at < 64; at++) {
      const early = words[at - 15];
      const late = words[at - 2];
      const first = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
      const second = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
      words[at] = words[at - 16] + first + words[at - 7] + second;
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let at = 0; at < 64; at++) {
      const choice = (e & f) ^ (~e & g);
      const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + ROUNDS_32[at] + words[at]) | 0;
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, at) => (hash[at] += word));
  }
  const digest = new DataView(new ArrayBuffer(32));
  hash.forEach((word, at) => digest.setUint32(4 * at, word));
  return new Uint8Array(digest.buffer);
}

export function sha512(message) {
  const view = pad(message, 128);
  const hash = BigUint64Array.from(START_64);
  const words = new BigUint64Array(80);
  const cut = (number) => BigInt.asUintN(64, number);
  const turn = (word, count) => cut((word >> count) | (word << (64n - count)));
  for (let block = 0; block < view.byteLength; block += 128) {
    for (let at = 0; at < 16; at++) words[at] = view.getBigUint64(block + 8 * at);
    for (let at = 16; at < 80; at++) {
      const early = words[at - 15];
      const late = words[at - 2];
      const first = turn(early, 1n) ^ turn(early, 8n) ^ (early >> 7n);
      const second = turn(late, 19n) ^ turn(late, 61n) ^ (late >> 6n);
      words[at] = words[at - 16] + first + words[at - 7] + second;
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let at = 0; at < 80; at++) {
      const choice = (e & f) ^ (cut(~e) & g);
      const first = h + (turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n)) + choice + ROUNDS_64[at] + words[at];
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const second = (turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n)) + majority;
      [h, g, f, e, d, c, b, a] = [g, f, e, cut(d + first), c, b, a, cut(first + second)];
    }
    [a, b, c, d, e, f, g, h].forEach((word, at) => (hash[at] += word));
  }
  const digest = new DataView(new ArrayBuffer(64));
  hash.forEach((word, at) => digest.setBigUint64(8 * at, word));
  return new Uint8Array(digest.buffer);
}

export const hash = (domain, ...parts) => sha256(joinBytes([domain], ...parts));

/** The 4 bytes by which a note's line points to a key (C2SP signed-note). */
export const computeKeyId = (name, kind, publicKey) =>
  sha256(joinBytes(encodeText(`${name}\n`), [kind], publicKey)).subarray(0, 4);

// ── Ed25519 by ZIP-215 (PRF-1); nothing here is secret, so nothing need take constant time ──────────────────────────

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The remainder from 0 to P - 1. */
function mod(number) {
  const rest = number % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let result = 1n;
  for (let square = mod(base); exponent; exponent >>= 1n) {
    if (exponent & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n);
const IDENTITY = [0n, 1n, 1n, 0n];

/** Extended coordinates X, Y, Z, T; complete, so it also doubles (RFC 8032 §5.1.4). */
function addPoints([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * t2 * D);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function doublePoint([x, y, z]) {
  const a = mod(x * x);
  const b = mod(y * y);
  const h = a + b;
  const e = h - (x + y) * (x + y);
  const g = a - b;
  const f = 2n * z * z + g;
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

const readLittleEndian = (bytes) => BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);

/** The point that 32 bytes encode, or null. Any y below 2^255 and -0 are accepted. */
function decodePoint(bytes) {
  const number = readLittleEndian(bytes);
  const y = mod(BigInt.asUintN(255, number));
  const numerator = mod(y * y - 1n);
  const denominator = mod(D * y * y + 1n);
  const root = power(numerator * power(denominator, 7n), (P - 5n) / 8n);
  let x = mod(numerator * power(denominator, 3n) * root);
  const square = mod(denominator * x * x);
  if (square === mod(-numerator)) x = mod(x * SQRT_MINUS_ONE);
  else if (square !== numerator) return null;
  if ((x & 1n) !== number >> 255n) x = mod(-x);
  return [x, y, 1n, mod(x * y)];
}

const BASE = decodePoint(fromHex("58" + "66".repeat(31)));

/** [first]firstPoint + [second]secondPoint, sharing the doublings (Straus). */
function sumMultiples(first, firstPoint, second, secondPoint) {
  const table = [IDENTITY, firstPoint, secondPoint, addPoints(firstPoint, secondPoint)];
  let result = IDENTITY;
  for (let bit = 252n; bit >= 0n; bit--) {
    result = doublePoint(result);
    const choice = Number((first >> bit) & 1n) | (Number((second >> bit) & 1n) << 1);
    if (choice) result = addPoints(result, table[choice]);
  }
  return result;
}

/** Whether the key is a point of prime order in its one encoding: of others a signature may fit any message. */
export function isSoundKey(publicKey) {
  if (publicKey.length !== 32 || BigInt.asUintN(255, readLittleEndian(publicKey)) >= P) return false;
  const point = decodePoint(publicKey);
  if (!point || point[0] === 0n) return false;
  const [x, y, z] = sumMultiples(ORDER, point, 0n, IDENTITY);
  return x === 0n && y === z;
}

/** Whether the signature (64 bytes) by the key (32 bytes) over the message is valid by ZIP-215. */
export function isValidSignature(publicKey, signature, message) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const s = readLittleEndian(signature.subarray(32));
  const keyPoint = decodePoint(publicKey);
  const noncePoint = decodePoint(signature.subarray(0, 32));
  if (s >= ORDER || !keyPoint || !noncePoint) return false;
  const k = readLittleEndian(sha512(joinBytes(signature.subarray(0, 32), publicKey, message))) % ORDER;
  const [x, y, z, t] = noncePoint;
  const negated = [mod(-x), y, z, mod(-t)];
  let difference = addPoints(sumMultiples(s, BASE, ORDER - k, keyPoint), negated);
  for (let count = 0; count < 3; count++) difference = doublePoint(difference);
  return difference[0] === 0n && difference[1] === difference[2];
}
