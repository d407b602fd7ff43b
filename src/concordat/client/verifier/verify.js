// The proof verifier of spec/proof.md (PRF-1 to PRF-20) for any place that runs JavaScript. No dependency, no network.
//
// `verifyProof` gives the verdict of `concordat.crypto.proof.verify_proof`, code for code. WebCrypto is not asked: it
// needs a secure context, and the accept set of a browser's Ed25519 is not that of PRF-1.

const INTEGER_MAX = 2 ** 53 - 1;
const PROOF_BYTES_MAX = 16 * 1024 * 1024;
const NOT_PROVED = ["single_history", "rules_followed", "later_history", "content_is_true"];

/** A verdict that is not `ok`; `code` is that of PRF-16. */
class Refusal extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

function check(holds, code) {
  if (!holds) throw new Refusal(code);
}

// ── bytes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const encodeText = (text) => new TextEncoder().encode(text);

function joinBytes(...parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function compareBytes(left, right) {
  const size = Math.min(left.length, right.length);
  for (let at = 0; at < size; at++) if (left[at] !== right[at]) return left[at] - right[at];
  return left.length - right.length;
}

const isSame = (left, right) => compareBytes(left, right) === 0;

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const fromHex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

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

const hash = (domain, ...parts) => sha256(joinBytes([domain], ...parts));

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

// ── canonical MessagePack (ENC-1, ENC-2) ────────────────────────────────────────────────────────────────────────────

/** Reads one value in its one encoding: integers as numbers, bytes as Uint8Array, lists and structs as arrays. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
  }

  take(size) {
    check(this.at + size <= this.bytes.length, "malformed");
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  /** A big-endian number of 1, 2, 4 or 8 bytes. */
  number(size) {
    let number = 0;
    for (const byte of this.take(size)) number = number * 256 + byte;
    return number;
  }

  /** The same, which must be too large for a shorter form: above `limit`. */
  longNumber(size, limit) {
    const number = this.number(size);
    check(number > limit && number <= INTEGER_MAX, "malformed");
    return number;
  }

  value() {
    const head = this.number(1);
    if (head < 0x80) return head;
    if (head >= 0x90 && head < 0xa0) return this.list(head & 15);
    if (head >= 0xa0 && head < 0xc0) return this.text(head & 31);
    switch (head) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.take(this.number(1));
      case 0xc5: return this.take(this.longNumber(2, 0xff));
      case 0xc6: return this.take(this.longNumber(4, 0xffff));
      case 0xcc: return this.longNumber(1, 0x7f);
      case 0xcd: return this.longNumber(2, 0xff);
      case 0xce: return this.longNumber(4, 0xffff);
      case 0xcf: return this.longNumber(8, 0xffffffff);
      case 0xd9: return this.text(this.longNumber(1, 31));
      case 0xda: return this.text(this.longNumber(2, 0xff));
      case 0xdb: return this.text(this.longNumber(4, 0xffff));
      case 0xdc: return this.list(this.longNumber(2, 15));
      case 0xdd: return this.list(this.longNumber(4, 0xffff));
    }
    throw new Refusal("malformed");
  }

  text(size) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(size));
    } catch {
      throw new Refusal("malformed");
    }
  }

  list(size) {
    check(size <= this.bytes.length - this.at, "malformed"); // an item has a byte at least
    return Array.from({ length: size }, () => this.value());
  }

  /** The number of items of a list, in its shortest form. */
  listHead() {
    const head = this.number(1);
    if (head >= 0x90 && head < 0xa0) return head & 15;
    check(head === 0xdc || head === 0xdd, "malformed");
    return head === 0xdc ? this.longNumber(2, 15) : this.longNumber(4, 0xffff);
  }

  /** The bytes of one value of any type and form: what a verifier need not understand. */
  skip() {
    const start = this.at;
    for (let left = 1; left; left--) {
      const head = this.number(1);
      check(head !== 0xc1, "malformed");
      if (head >= 0x80 && head < 0x90) left += 2 * (head & 15);
      else if (head >= 0x90 && head < 0xa0) left += head & 15;
      else if (head >= 0xa0 && head < 0xc0) this.take(head & 31);
      else if (head >= 0xc4 && head <= 0xc6) this.take(this.number(1 << (head - 0xc4)));
      else if (head >= 0xc7 && head <= 0xc9) this.take(this.number(1 << (head - 0xc7)) + 1);
      else if (head === 0xca || head === 0xcb) this.take(head === 0xca ? 4 : 8);
      else if (head >= 0xcc && head <= 0xd3) this.take(1 << (head & 3));
      else if (head >= 0xd4 && head <= 0xd8) this.take((1 << (head - 0xd4)) + 1);
      else if (head >= 0xd9 && head <= 0xdb) this.take(this.number(1 << (head - 0xd9)));
      else if (head === 0xdc || head === 0xdd) left += this.number(head === 0xdc ? 2 : 4);
      else if (head === 0xde || head === 0xdf) left += 2 * this.number(head === 0xde ? 2 : 4);
    }
    return this.bytes.subarray(start, this.at);
  }

  end() {
    check(this.at === this.bytes.length, "malformed");
  }
}

/** The value that the bytes encode. Throws when they are no canonical encoding. */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value();
  reader.end();
  return value;
}

const encodeHead = (small, limit, codes, size) => {
  if (size <= limit) return [small | size];
  const width = size < 256 && codes[0] ? 1 : size < 65536 ? 2 : 4;
  const bytes = [codes[width >> 1]];
  for (let at = width - 1; at >= 0; at--) bytes.push(Math.floor(size / 256 ** at) % 256);
  return bytes;
};

/** The one encoding of a value that `decode` gives. */
export function encode(value) {
  if (value === null) return Uint8Array.of(0xc0);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xc3 : 0xc2);
  if (typeof value === "number" && value > 0xffffffff) {
    const bytes = new DataView(new ArrayBuffer(9));
    bytes.setUint8(0, 0xcf);
    bytes.setBigUint64(1, BigInt(value));
    return new Uint8Array(bytes.buffer);
  }
  if (typeof value === "number") return Uint8Array.from(encodeHead(0, 0x7f, [0xcc, 0xcd, 0xce], value));
  if (typeof value === "string") {
    const bytes = encodeText(value);
    return joinBytes(encodeHead(0xa0, 31, [0xd9, 0xda, 0xdb], bytes.length), bytes);
  }
  if (value instanceof Uint8Array) return joinBytes(encodeHead(0, -1, [0xc4, 0xc5, 0xc6], value.length), value);
  return joinBytes(encodeHead(0x90, 15, [0, 0xdc, 0xdd], value.length), ...value.map(encode));
}

// ── shapes: each returns the value, or throws `malformed` ───────────────────────────────────────────────────────────

const isNatural = (value) => typeof value === "number";

function readStruct(value, ...shapes) {
  check(Array.isArray(value) && value.length === shapes.length, "malformed");
  return value.map((item, at) => shapes[at](item));
}

const readList = (shape, max = Infinity) => (value) => {
  check(Array.isArray(value) && value.length <= max, "malformed");
  return value.map(shape);
};

const readBytes = (min, max) => (value) => {
  check(value instanceof Uint8Array && value.length >= min && value.length <= max, "malformed");
  return value;
};

const readInteger = (min, max) => (value) => {
  check(isNatural(value) && value >= min && value <= max, "malformed");
  return value;
};

const readText = (pattern) => (value) => {
  check(typeof value === "string" && pattern.test(value), "malformed");
  return value;
};

const readBoolean = (value) => {
  check(typeof value === "boolean", "malformed");
  return value;
};

const readDigest = readBytes(32, 32);
const readNatural = readInteger(0, INTEGER_MAX);
const readPath = readList(readDigest, 64);
const NAME = /^[!-*,-~]{1,255}$/;

function readCheckpoint(value) {
  const [chainId, isSimulated, height, time, logSize, logRoot, stateRoot, paramsHash] = readStruct(
    value, readDigest, readBoolean, readNatural, readNatural, readNatural, readDigest, readDigest, readDigest,
  );
  return { chainId, isSimulated, height, time, logSize, logRoot, stateRoot, paramsHash };
}

function readSignature(value) {
  const [, name, kind, publicKey, signature] = readStruct(
    value, readText(/^note$/), readText(NAME), readInteger(1, 255), readBytes(32, 4096), readBytes(64, 8192),
  );
  return { name, kind, publicKey, signature };
}

function readEntry(value) {
  const [index, leaf, path] = readStruct(value, readNatural, readBytes(0, Infinity), readPath);
  return { index, leaf, path };
}

function readSiblings(value) {
  const [bitmap, digests] = readStruct(value, readInteger(0, 0xffff), readBytes(0, 480));
  return { bitmap, digests };
}

function readStatePath(value) {
  const readSets = (sets) => readStruct(sets, ...Array(5).fill(readSiblings));
  const [cell, forks, siblings] = readStruct(value, readBytes(0, 512), readList(readDigest, 236), readSets);
  return { cell, forks, siblings };
}

function readState(value) {
  const readValue = (item) => (item === null ? null : readBytes(0, Infinity)(item));
  const [key, found, path] = readStruct(value, readBytes(0, Infinity), readValue, readStatePath);
  return { key, value: found, path };
}

function readConsistency(value) {
  if (value === null) return null;
  const [oldSize, oldRoot, path] = readStruct(value, readInteger(1, INTEGER_MAX), readDigest, readPath);
  return { oldSize, oldRoot, path };
}

// ── history (PRF-2 to PRF-4). Sizes pass 2^32, so halves are taken by division ──────────────────────────────────────

const EMPTY_LOG_ROOT = sha256(new Uint8Array());
const half = (number) => Math.floor(number / 2);
const hashChildren = (left, right) => hash(1, left, right);

/** The root that a path leads to (RFC 9162 §2.1.3.2), or null. */
export function computeInclusionRoot(index, size, leafHash, path) {
  if (index >= size) return null;
  let [node, last, root] = [index, size - 1, leafHash];
  for (const sibling of path) {
    if (!last) return null;
    if (node % 2 || node === last) {
      root = hashChildren(sibling, root);
      while (node && node % 2 === 0) [node, last] = [half(node), half(last)];
    } else root = hashChildren(root, sibling);
    [node, last] = [half(node), half(last)];
  }
  return last ? null : root;
}

/** Whether the log with `newRoot` is shown to begin with that of `oldRoot` (RFC 9162 §2.1.4.2). */
export function isConsistent(oldSize, oldRoot, newSize, newRoot, path) {
  if (oldSize > newSize) return false;
  if (oldSize === 0 || oldSize === newSize) {
    return path.length === 0 && isSame(oldRoot, oldSize ? newRoot : EMPTY_LOG_ROOT);
  }
  let [node, last] = [oldSize - 1, newSize - 1];
  while (node % 2) [node, last] = [half(node), half(last)];
  const [seed, ...rest] = node ? path : [oldRoot, ...path];
  if (!seed) return false;
  let [old, found] = [seed, seed];
  for (const sibling of rest) {
    if (!last) return false;
    if (node % 2 || node === last) {
      [old, found] = [hashChildren(sibling, old), hashChildren(sibling, found)];
      while (node && node % 2 === 0) [node, last] = [half(node), half(last)];
    } else found = hashChildren(found, sibling);
    [node, last] = [half(node), half(last)];
  }
  return !last && isSame(old, oldRoot) && isSame(found, newRoot);
}

// ── state (PRF-5 to PRF-9) ──────────────────────────────────────────────────────────────────────────────────────────

const EMPTY_DIGESTS = [hash(0x10)];
while (EMPTY_DIGESTS.length < 6) EMPTY_DIGESTS.push(hash(0x11, ...Array(16).fill(EMPTY_DIGESTS.at(-1))));

const getBit = (bytes, place) => (bytes[place >> 3] >> (7 - (place & 7))) & 1;

/** The root under which `key` has `value`, or has none when it is null. Throws `bad_state`. */
export function computeStateRoot(key, value, { cell, forks, siblings }) {
  const keyHash = sha256(key);
  check(cell.length % 64 === 0, "bad_state");
  const depth = 20 + forks.length;
  let previous = null;
  let found = null;
  for (let at = 0; at < cell.length; at += 64) {
    const entry = cell.subarray(at, at + 32);
    // As the reference has it, "ascend" begins above 32 zero bytes.
    check(compareBytes(entry, previous ?? new Uint8Array()) > 0, "bad_state");
    for (let bit = 0; bit < depth; bit++) check(getBit(entry, bit) === getBit(keyHash, bit), "bad_state");
    if (isSame(entry, keyHash)) found = cell.subarray(at + 32, at + 64);
    previous = entry;
  }
  let digest = hash(0x10, cell);
  forks.forEach((sibling, at) => {
    const pair = getBit(keyHash, depth - 1 - at) ? [sibling, digest] : [digest, sibling];
    digest = hash(0x13, ...pair);
  });
  const shown = value === null ? null : hash(0x12, value);
  check(shown === null ? found === null : found !== null && isSame(found, shown), "bad_state");
  let index = ((keyHash[0] << 16) | (keyHash[1] << 8) | keyHash[2]) >> 4;
  siblings.forEach((set, level) => {
    digest = computeParent(digest, index & 15, set, EMPTY_DIGESTS[level]);
    index >>= 4;
  });
  return digest;
}

function computeParent(digest, position, { bitmap, digests }, empty) {
  const listed = Array.from({ length: 16 }, (_, child) => child).filter((child) => (bitmap >> child) & 1);
  check(!listed.includes(position) && digests.length === 32 * listed.length, "bad_state");
  const children = Array(16).fill(empty);
  children[position] = digest;
  listed.forEach((child, at) => {
    children[child] = digests.subarray(32 * at, 32 * at + 32);
    check(!isSame(children[child], empty), "bad_state");
  });
  return hash(0x11, ...children);
}

// ── checkpoint (PRF-10 to PRF-12) ───────────────────────────────────────────────────────────────────────────────────

const computeOrigin = ({ chainId, isSimulated }) => `concordat/${isSimulated ? "simulated/" : ""}${toHex(chainId)}`;

export const computeKeyId = (name, kind, publicKey) =>
  sha256(joinBytes(encodeText(`${name}\n`), [kind], publicKey)).subarray(0, 4);

export function renderNote(checkpoint) {
  const { height, time, logSize, logRoot, stateRoot, paramsHash } = checkpoint;
  return `${computeOrigin(checkpoint)}\n${logSize}\n${toBase64(logRoot)}\nheight ${height}\ntime ${time}\n` +
    `state ${toBase64(stateRoot)}\nparams ${toBase64(paramsHash)}\n`;
}

const DIGEST = "([A-Za-z0-9+/]{43}=)";
const NUMBER = "(0|[1-9][0-9]{0,15})";
const NOTE = new RegExp(
  `^concordat/(simulated/)?([0-9a-f]{64})\n${NUMBER}\n${DIGEST}\nheight ${NUMBER}\ntime ${NUMBER}\n` +
    `state ${DIGEST}\nparams ${DIGEST}\n$`,
);
const LINE = /^— ([!-*,-~]{1,255}) ([A-Za-z0-9+/]+={0,2})$/;

function readLine(line) {
  const match = LINE.exec(line);
  check(match && match[2].length % 4 === 0, "malformed");
  const blob = fromBase64(match[2]);
  check(blob.length > 4 && blob.length <= 4 + 8192, "malformed");
  return { name: match[1], keyId: blob.subarray(0, 4), signature: blob.subarray(4), text: `${match[1]} ${toBase64(blob)}` };
}

/** The checkpoint and the lines of a signed note, none of them verified. Throws unless it is the one spelling. */
export function parseSignedNote(text) {
  const gap = text.indexOf("\n\n");
  const match = gap < 0 ? null : NOTE.exec(text.slice(0, gap + 1));
  const signed = text.slice(gap + 2).replace(/\n$/, "").split("\n");
  check(match && signed.length <= 100, "malformed");
  const [, simulated, chain, size, logRoot, height, time, stateRoot, paramsHash] = match;
  const checkpoint = {
    chainId: fromHex(chain),
    isSimulated: simulated !== undefined,
    height: readNatural(Number(height)),
    time: readNatural(Number(time)),
    logSize: readNatural(Number(size)),
    logRoot: fromBase64(logRoot),
    stateRoot: fromBase64(stateRoot),
    paramsHash: fromBase64(paramsHash),
  };
  const lines = signed.map(readLine);
  check(`${renderNote(checkpoint)}\n${lines.map((line) => `— ${line.text}\n`).join("")}` === text, "malformed");
  return { checkpoint, lines };
}

/** Whether a node's key signed the note: by each line of its name and key id, and by one at least. */
export function isNoteSignedBy({ checkpoint, lines }, publicKey) {
  const name = computeOrigin(checkpoint);
  const keyId = computeKeyId(name, 1, publicKey);
  const own = lines.filter((line) => line.name === name && isSame(line.keyId, keyId));
  const note = encodeText(renderNote(checkpoint));
  return own.length > 0 && own.every(({ signature }) => isValidSignature(publicKey, signature, note));
}

// ── proof file (PRF-14 to PRF-20) ───────────────────────────────────────────────────────────────────────────────────

const MAGIC = encodeText("concordat/proof/v1\n");
const TRANSACTION_DOMAIN = encodeText("concordat/tx/v1\0");

function readProof(bytes) {
  check(bytes.length <= PROOF_BYTES_MAX && isSame(bytes.subarray(0, MAGIC.length), MAGIC), "malformed");
  const [checkpoint, signatures, entries, states, consistency] = readStruct(
    decode(bytes.subarray(MAGIC.length)),
    readCheckpoint, readList(readSignature), readList(readEntry), readList(readState), readConsistency,
  );
  const isAscending =
    entries.every((entry, at) => at === 0 || entries[at - 1].index < entry.index) &&
    states.every((state, at) => at === 0 || compareBytes(states[at - 1].key, state.key) < 0);
  check(isAscending, "malformed");
  check(entries.length || states.length || consistency, "incomplete");
  const [node, ...witnesses] = signatures;
  const isNodes = node && node.name === computeOrigin(checkpoint) && hasForm(node, 1, 64);
  const isWitnessed = witnesses.every(
    (one, at) => hasForm(one, 4, 72) && getCosignedTime(one) <= INTEGER_MAX / 1e6 &&
      (at === 0 || compareSigners(witnesses[at - 1], one) < 0),
  );
  check(isNodes && isWitnessed && signatures.length <= 100, "unknown_signatures");
  return { checkpoint, publicKey: node.publicKey, signature: node.signature, witnesses, entries, states, consistency };
}

const hasForm = ({ kind, publicKey, signature }, wanted, bytes) =>
  kind === wanted && publicKey.length === 32 && signature.length === bytes;

/** When a witness says that it signed, in seconds since 1970; inexact where no time of the ledger is so late. */
const getCosignedTime = ({ signature }) => signature.subarray(0, 8).reduce((time, byte) => time * 256 + byte, 0);

function compareSigners(left, right) {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return compareBytes(left.publicKey, right.publicKey);
}

/** Check every cosignature (WIT-2); who cosigned, and when. */
function checkWitnesses({ checkpoint, witnesses }) {
  return witnesses.map((one) => {
    const time = getCosignedTime(one);
    const message = encodeText(`cosignature/v1\ntime ${time}\n${renderNote(checkpoint)}`);
    check(isValidSignature(one.publicKey, one.signature.subarray(8), message), "bad_cosignature");
    return { name: one.name, publicKey: one.publicKey, time };
  });
}

function readGenesis(bytes) {
  let read = null;
  try {
    read = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new Refusal("untrusted_root");
  }
  const isRead = read && typeof read === "object" && ["real", "scenario"].includes(read.clock) &&
    typeof read.node_key === "string" && /^[0-9a-f]{64}$/.test(read.node_key);
  check(isRead, "untrusted_root");
  return { isSimulated: read.clock === "scenario", nodeKey: fromHex(read.node_key) };
}

function readTrustedNote(text) {
  try {
    return parseSignedNote(text);
  } catch {
    throw new Refusal("untrusted_root");
  }
}

/** What the root of trust says of chain, clock and key, who attests, and a trusted note's checkpoint. */
function checkAuthority({ checkpoint, publicKey, signature }, trust) {
  let { chainId, isSimulated } = checkpoint;
  let nodeKey = trust.nodeKey;
  let authority = ["node_key", toHex(publicKey)];
  let note = null;
  if (trust.genesis) {
    ({ isSimulated, nodeKey } = readGenesis(trust.genesis));
    chainId = sha256(trust.genesis);
    authority = ["genesis", toHex(publicKey)];
  } else if (trust.note !== undefined) {
    note = readTrustedNote(trust.note);
    ({ chainId, isSimulated } = note.checkpoint);
    nodeKey = publicKey; // the key that verifies a signature is the one that made it (PRF-19)
    authority = ["checkpoint", note.checkpoint.height, note.checkpoint.logSize];
  }
  check(isSame(checkpoint.chainId, chainId), "other_chain");
  check(!note || isNoteSignedBy(note, publicKey), "bad_signature");
  const isSigned = isSame(nodeKey, publicKey) && isValidSignature(publicKey, signature, encodeText(renderNote(checkpoint)));
  check(isSigned, "bad_signature");
  check(checkpoint.isSimulated === isSimulated, "other_clock");
  return { authority, trusted: note && note.checkpoint };
}

function checkHistory({ checkpoint, consistency }, trusted) {
  if (consistency) {
    const { oldSize, oldRoot, path } = consistency;
    const { logSize, logRoot } = checkpoint;
    check(oldSize < logSize && isConsistent(oldSize, oldRoot, logSize, logRoot, path), "other_checkpoint");
  }
  check(!trusted || isContinued(trusted, checkpoint, consistency), "other_checkpoint");
}

function isContinued(trusted, checkpoint, consistency) {
  if (checkpoint.height === trusted.height) return renderNote(checkpoint) === renderNote(trusted);
  if (checkpoint.height < trusted.height || checkpoint.time < trusted.time) return false;
  if (checkpoint.logSize === trusted.logSize) return isSame(checkpoint.logRoot, trusted.logRoot);
  if (trusted.logSize === 0) return isSame(trusted.logRoot, EMPTY_LOG_ROOT);
  return consistency !== null && consistency.oldSize === trusted.logSize && isSame(consistency.oldRoot, trusted.logRoot);
}

/** Check that the leaf is in the log and fits the checkpoint; the signature of its transaction, if there is one. */
function checkEntry(checkpoint, { index, leaf, path }) {
  const root = computeInclusionRoot(index, checkpoint.logSize, hash(0, leaf), path);
  check(root && isSame(root, checkpoint.logRoot), "bad_inclusion");
  const reader = new Reader(leaf);
  check(reader.listHead() === 5, "malformed");
  const [height, time] = [reader.value(), reader.value(), reader.value()].map(readNatural);
  const cause = Array.from({ length: reader.listHead() }, () => reader.skip());
  reader.skip();
  reader.end();
  const kind = cause.length ? decode(cause[0]) : "";
  const isFitting = height <= checkpoint.height && time <= checkpoint.time;
  check(isFitting && typeof kind === "string" && kind !== "", "malformed");
  if (kind !== "transaction") return [];
  check(cause.length === 2, "malformed");
  const wire = readBytes(0, Infinity)(decode(cause[1]));
  check(isSame(wire.subarray(64, 80), TRANSACTION_DOMAIN), "malformed");
  const payload = readPayload(wire.subarray(112));
  check(isSame(payload.chainId, checkpoint.chainId), "other_chain");
  const publicKey = wire.subarray(80, 112);
  const valid = payload.suite === 1 && isValidSignature(publicKey, wire.subarray(0, 64), wire.subarray(64));
  return [{ publicKey, valid }];
}

function readPayload(bytes) {
  const reader = new Reader(bytes);
  check(reader.listHead() === 8, "malformed");
  const read = Array.from({ length: 7 }, () => reader.value());
  reader.skip();
  reader.end();
  const [chainId, suite] = readStruct(read, readDigest, ...Array(5).fill(readNatural), readBytes(0, Infinity));
  return { chainId, suite };
}

const refuse = (code, signatures = []) => ({
  valid: false, code, checkpoint: null, entries: [], states: [], signatures, witnesses: [], authority: ["nobody"],
  notProved: [],
});

/**
 * The verdict on a proof file (Uint8Array) by what the reader trusts (PRF-16): exactly one of `{genesis}` (its exact
 * bytes), `{note}` (a signed note's text), `{nodeKey}` (32 bytes); or null. Never throws. A reader's policy of witnesses
 * is not asked for here: the verdict names who cosigned.
 *
 * Everything but `code` and `signatures` is empty unless `valid`.
 */
export function verifyProof(bytes, trust) {
  if (!trust) return refuse("untrusted_root");
  try {
    const proof = readProof(bytes);
    const { authority, trusted } = checkAuthority(proof, trust);
    checkHistory(proof, trusted);
    const signatures = proof.entries.flatMap((entry) => checkEntry(proof.checkpoint, entry));
    if (!signatures.every(({ valid }) => valid)) return refuse("bad_transaction_signature", signatures);
    for (const { key, value, path } of proof.states) {
      check(isSame(computeStateRoot(key, value, path), proof.checkpoint.stateRoot), "bad_state");
    }
    const witnesses = checkWitnesses(proof);
    return {
      valid: true,
      code: "ok",
      checkpoint: proof.checkpoint,
      entries: proof.entries.map(({ index, leaf }) => ({ index, leaf })),
      states: proof.states.map(({ key, value }) => ({ key, value })),
      signatures,
      witnesses,
      authority,
      notProved: [...(trust.nodeKey ? ["chain_identity"] : []), ...NOT_PROVED],
    };
  } catch (error) {
    if (error instanceof Refusal) return refuse(error.code);
    if (error instanceof RangeError) return refuse("malformed"); // nested deeper than the stack
    throw error;
  }
}
