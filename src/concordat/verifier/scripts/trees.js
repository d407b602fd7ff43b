// The two trees of the ledger: roots that paths lead to.

import { check } from "./encoding.js";
import { compareBytes, hash, isSame, sha256 } from "./hashing.js";

// ── history (PRF-2 to PRF-4). Sizes pass 2^32, so halves are taken by division ──────────────────────────────────────

export const EMPTY_LOG_ROOT = sha256(new Uint8Array());
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
