// Canonical MessagePack (ENC-1, ENC-2), and the shapes that values are read into.

export const INTEGER_MAX = 2 ** 53 - 1;

/** A verdict that is not `ok`; `code` is that of PRF-16. */
export class Refusal extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export function check(holds, code) {
  if (!holds) throw new Refusal(code);
}

/** Reads one value in its one encoding: integers as numbers, bytes as Uint8Array, lists and structs as arrays. */
export class Reader {
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

// ── shapes: each returns the value, or throws `malformed` ───────────────────────────────────────────────────────────

const isNatural = (value) => typeof value === "number";

export function readStruct(value, ...shapes) {
  check(Array.isArray(value) && value.length === shapes.length, "malformed");
  return value.map((item, at) => shapes[at](item));
}

export const readList = (shape, max = Infinity) => (value) => {
  check(Array.isArray(value) && value.length <= max, "malformed");
  return value.map(shape);
};

export const readBytes = (min, max) => (value) => {
  check(value instanceof Uint8Array && value.length >= min && value.length <= max, "malformed");
  return value;
};

export const readInteger = (min, max) => (value) => {
  check(isNatural(value) && value >= min && value <= max, "malformed");
  return value;
};

export const readText = (pattern) => (value) => {
  check(typeof value === "string" && pattern.test(value), "malformed");
  return value;
};

export const readBoolean = (value) => {
  check(typeof value === "boolean", "malformed");
  return value;
};

export const readDigest = readBytes(32, 32);
export const readNatural = readInteger(0, INTEGER_MAX);
