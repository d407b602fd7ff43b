// The reader's policy: which witnesses, and how many of whom (spec/witness.md WIT-5, C2SP tlog-policy).
//
// `parsePolicy` gives what `concordat.crypto.policy.parse_policy` gives, code for code.

import { check } from "./encoding.js";
import { computeKeyId, fromBase64, isSame, isSoundKey, toBase64, toHex, joinBytes } from "./hashing.js";

const NAMES_MAX = 1024;
const KIND_COSIGNATURE = 4;
const COUNT = /^[1-9][0-9]{0,3}$/;
const KEY_NAME = /^[^\s+\x00-\x1f\x85]{1,255}$/;

/** A key as C2SP writes it down: name, key id and key, joined by `+`; the one spelling of one that can sign. */
function parseVerifierKey(text) {
  const [name, keyId, ...rest] = text.split("+");
  const material = rest.join("+");
  let blob = new Uint8Array();
  try {
    blob = fromBase64(material);
  } catch {
    // what is no Base64 is no key
  }
  const key = { name, kind: blob[0] ?? 0, publicKey: blob.slice(1) };
  const isNamed = KEY_NAME.test(name) && /^[0-9a-f]{8}$/.test(keyId ?? "") && blob.length > 0;
  const isSound = ![1, KIND_COSIGNATURE].includes(key.kind) || isSoundKey(key.publicKey);
  check(isNamed && isSound, "witness.bad_key");
  const spelled = `${name}+${toHex(computeKeyId(name, key.kind, key.publicKey))}+${toBase64(joinBytes([key.kind], key.publicKey))}`;
  check(spelled === text, "witness.bad_key");
  return key;
}

/** The policy in a file's bytes, each of them one character. Throws a Refusal. */
export function parsePolicy(bytes) {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const [logs, witnesses, groups, quorums, unused] = [[], [], [], [], new Map()];
  const refuseUnless = (holds) => check(holds, "policy.malformed");
  const isNew = (name) => !unused.has(name) && name !== "none";
  refuseUnless(!/[\x00-\x08\x0b-\x1f\x7f]/.test(text));
  for (const line of text.split("\n")) {
    const words = line.split(/[ \t]/).filter(Boolean);
    const [word, name, third, ...members] = words;
    if (!words.length || word.startsWith("#")) continue;
    if (word === "log" && [2, 3].includes(words.length)) {
      logs.push(parseVerifierKey(name));
    } else if (word === "witness" && [3, 4].includes(words.length)) {
      const isFree = isNew(name);
      unused.set(name, true);
      witnesses.push({ name, key: parseVerifierKey(third) });
      refuseUnless(isFree);
    } else if (word === "group" && members.length) {
      const needed = { any: 1, all: members.length }[third] ?? (COUNT.test(third) ? Number(third) : 0);
      refuseUnless(isNew(name) && needed >= 1 && needed <= members.length);
      refuseUnless(new Set(members).size === members.length && members.every((one) => unused.get(one)));
      for (const one of members) unused.set(one, false);
      unused.set(name, true);
      groups.push({ name, needed, members });
    } else {
      refuseUnless(word === "quorum" && words.length === 2 && (unused.has(name) || name === "none"));
      quorums.push(name);
    }
    refuseUnless(logs.length + witnesses.length + groups.length <= NAMES_MAX);
  }
  const hasTwice = (keys) => new Set(keys.map(({ publicKey }) => toHex(publicKey))).size !== keys.length;
  refuseUnless(quorums.length === 1 && !hasTwice(logs) && !hasTwice(witnesses.map(({ key }) => key)));
  return { logs, witnesses, groups, quorum: quorums[0] === "none" ? null : quorums[0] };
}

const isBy = (key, { name, kind, publicKey }) => key.name === name && key.kind === kind && isSame(key.publicKey, publicKey);

/** The policy's witnesses by name: whether each is among these signatures `{name, kind, publicKey}`. */
export function findSigned({ witnesses }, signatures) {
  const hasSigned = ({ key }) => key.kind === KIND_COSIGNATURE && signatures.some((one) => isBy(key, one));
  return new Map(witnesses.map((witness) => [witness.name, hasSigned(witness)]));
}

/** Whether a checkpoint is by a log of the policy and cosigned by so many as it asks; all are verified already. */
export function isPolicyMet(policy, logSignature, cosignatures) {
  const signatures = [logSignature, ...cosignatures];
  if (policy.logs.length && !policy.logs.some((key) => signatures.some((one) => isBy(key, one)))) return false;
  const met = findSigned(policy, signatures);
  for (const { name, needed, members } of policy.groups) {
    met.set(name, members.filter((one) => met.get(one)).length >= needed);
  }
  return policy.quorum === null || met.get(policy.quorum);
}
