// The proof verifier of spec/proof.md (PRF-1 to PRF-20) for any place that runs JavaScript.
//
// `verifyProof` gives the verdict of `concordat.crypto.proof.verify_proof`, code for code.

import { INTEGER_MAX, Reader, Refusal, check, decode } from "./encoding.js";
import { readBoolean, readBytes, readDigest, readInteger, readList, readNatural, readStruct, readText } from "./encoding.js";
import { compareBytes, computeKeyId, encodeText, fromBase64, fromHex, hash, isSame, isValidSignature } from "./hashing.js";
import { joinBytes, sha256, toBase64, toHex } from "./hashing.js";
import { isPolicyMet } from "./policy.js";
import { EMPTY_LOG_ROOT, computeInclusionRoot, computeStateRoot, isConsistent } from "./trees.js";

const PROOF_BYTES_MAX = 16 * 1024 * 1024;
const NOT_PROVED = ["single_history", "rules_followed", "later_history", "content_is_true"];

// ── shapes of a proof file ──────────────────────────────────────────────────────────────────────────────────────────

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

// ── checkpoint (PRF-10 to PRF-12) ───────────────────────────────────────────────────────────────────────────────────

const computeOrigin = ({ chainId, isSimulated }) => `concordat/${isSimulated ? "simulated/" : ""}${toHex(chainId)}`;

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

/** The signed note of a proof file's checkpoint, with the node's line alone. */
export function renderSignedNote({ checkpoint, publicKey, signature }) {
  const name = computeOrigin(checkpoint);
  return `${renderNote(checkpoint)}\n— ${name} ${toBase64(joinBytes(computeKeyId(name, 1, publicKey), signature))}\n`;
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

/** What a proof file says, none of it verified. Throws when it is none. */
export function readProof(bytes) {
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

/** Check every cosignature (WIT-2) and that they suffice (WIT-5); who cosigned, and when. */
function checkWitnesses({ checkpoint, publicKey, witnesses }, policy) {
  const found = witnesses.map((one) => {
    const time = getCosignedTime(one);
    const message = encodeText(`cosignature/v1\ntime ${time}\n${renderNote(checkpoint)}`);
    check(isValidSignature(one.publicKey, one.signature.subarray(8), message), "bad_cosignature");
    return { name: one.name, publicKey: one.publicKey, time };
  });
  const node = { name: computeOrigin(checkpoint), kind: 1, publicKey };
  check(!policy || isPolicyMet(policy, node, witnesses), "policy_not_met");
  return found;
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
 * bytes), `{note}` (a signed note's text), `{nodeKey}` (32 bytes); or null; and by whose witness the reader asks for: a
 * policy as `parsePolicy` gives it, or null. Never throws.
 *
 * Everything but `code` and `signatures` is empty unless `valid`.
 */
export function verifyProof(bytes, trust, policy = null) {
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
    const witnesses = checkWitnesses(proof, policy);
    return {
      valid: true,
      code: "ok",
      checkpoint: proof.checkpoint,
      entries: proof.entries.map(({ index, leaf }) => ({ index, leaf })),
      states: proof.states.map(({ key, value }) => ({ key, value })),
      signatures,
      witnesses,
      authority,
      notProved: [
        ...(trust.nodeKey ? ["chain_identity"] : []),
        policy && policy.quorum !== null ? "witnesses_independent" : NOT_PROVED[0],
        ...NOT_PROVED.slice(1),
      ],
    };
  } catch (error) {
    if (error instanceof Refusal) return refuse(error.code);
    if (error instanceof RangeError) return refuse("malformed"); // nested deeper than the stack
    throw error;
  }
}
