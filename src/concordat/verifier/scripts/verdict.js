// A verdict in the words of the project's catalogs, which come as data; the same sentences as `concordat verify` says.

import { decode } from "./encoding.js";
import { fromHex, sha256, toHex } from "./hashing.js";
import { parseSignedNote } from "./verify.js";

// ── sentences (concordat.wording.sentences) ─────────────────────────────────────────────────────────────────────────

const PLACE = /\{([\w.]+)(?::([\w.]+))?\}/g;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const isHan = (character) => character >= "\u3400" && character <= "\u9fff";
const isWord = (character) => isHan(character) || /[A-Za-z0-9]/.test(character);

/** Chinese and Latin letters side by side get a space between them. */
function join(left, right, language) {
  if (language !== "zh" || !left || !right) return left + right;
  const [last, first] = [left.at(-1), right[0]];
  return left + (isHan(last) !== isHan(first) && isWord(last) && isWord(first) ? " " : "") + right;
}

/** ISO 8601 in UTC, with microseconds only where there are any. */
export function formatTime(timeUs) {
  const [seconds, rest] = [Math.floor(timeUs / 1e6), timeUs % 1e6];
  const fraction = rest ? `.${String(rest).padStart(6, "0")}` : "";
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction}Z`;
}

/** A time in UTC as people write it; seconds stand there only when there are any. */
export function showTime(timeUs, language) {
  const text = formatTime(timeUs - (timeUs % 1e6));
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  const clock = text.slice(11, -1).replace(/^(.....):00$/, "$1");
  if (language === "zh") return `${year}年${month}月${day}日 ${clock}（UTC）`;
  return `${day} ${MONTHS[month - 1]} ${year}, ${clock} UTC`;
}

const showContract = (number) => `C-${String(number).padStart(4, "0")}`;
const showDigest = (digits) => `${digits.slice(0, 8)}…${digits.slice(-4)}`;
const showNumber = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

/** A member's name with its identifier; without a name the identifier alone. */
const showWho = (id, name, language) => (!name ? id : language === "zh" ? `${name}（${id}）` : `${name} (${id})`);

class Teller {
  constructor(words, language) {
    this.words = words;
    this.language = language;
    this.catalog = words.catalogs[language];
  }

  word(key) {
    if (!(key in this.catalog)) throw new RangeError(key);
    return this.catalog[key];
  }

  label({ en, zh }) {
    return this.language === "zh" ? zh || en : en || zh;
  }

  show(value, spec) {
    if (spec === "count" && Array.isArray(value)) return String(value.length);
    if (spec === "place") return value.join(".");
    if (value === null || value === "" || value.length === 0) return this.catalog[`${spec}.none`] ?? this.word("none");
    if (["about", "motion", "subject"].includes(spec)) return this.say(`${spec}.${value[0]}`, value.slice(1));
    if (Array.isArray(value)) return value.map((item) => this.show(item, spec)).join(this.word("separator"));
    if (value instanceof Uint8Array) return showDigest(toHex(value));
    if (typeof value === "object") return this.label(value);
    if (!spec || ["text", "member", "objector", "who"].includes(spec)) return String(value);
    if (spec === "contract") return showContract(value);
    if (spec === "share") return `${value % 10 ? `${Math.floor(value / 10)}.${value % 10}` : value / 10}%`;
    if (spec === "number") return showNumber(value);
    if (spec === "time") return showTime(value, this.language);
    if (spec === "digest") return showDigest(value);
    return this.word(`${spec}.${value}`);
  }

  /** The sentence of a key; `values` by name, or by place in a list. */
  say(key, values = {}) {
    const pick = (path) => path.split(".").reduce((found, name) => found[name], values);
    let template = this.word(key);
    for (const [plural, singular] of Object.entries(this.words.singulars)) {
      template = template.replace(new RegExp(`(\\{(\\w+)(?::\\w+)?\\}) ${plural}\\b`, "g"), (whole, place, name) =>
        String(values[name]) === "1" ? `${place} ${singular}` : whole);
    }
    let text = "";
    let from = 0;
    for (const match of template.matchAll(PLACE)) {
      text = join(text, template.slice(from, match.index), this.language);
      text = join(text, this.show(pick(match[1]), match[2]), this.language);
      from = match.index + match[0].length;
    }
    return join(text, template.slice(from), this.language);
  }

  sentences(...parts) {
    return parts.join(this.language === "en" ? " " : "");
  }
}

// ── from leaves and states to sentences ─────────────────────────────────────────────────────────────────────────────

/** A struct as an object of its fields; `shape` lists them, each with the shape of what it holds where that matters. */
function read(value, shape) {
  if (value === null || !shape) return value;
  if (shape === "label") return { en: value[0], zh: value[1] };
  if (value.length !== shape.length) throw new RangeError("written by a later release");
  return Object.fromEntries(shape.map(([name, inner], at) => [name, read(value[at], inner)]));
}

function readTagged([tag, ...fields], shapes) {
  if (!(tag in shapes)) throw new RangeError(tag);
  return { tag, fields: read(fields, shapes[tag]) };
}

/** The tag, and a suffix where a value turns the sentence round. */
function getKey({ tag, fields }, turned) {
  const [conditions, suffix] = turned[tag] ?? [];
  return conditions?.every(([name, values]) => values.includes([fields[name]].flat()[0])) ? `${tag}.${suffix}` : tag;
}

function describeReason(teller, code, parameters) {
  const family = code.split(".")[0];
  const key = family === "proof" ? code : `${teller.words.reasons.includes(family) ? "reason" : "rejection"}.${code}`;
  return teller.say(key, parameters);
}

function readLeaf(leaf, words) {
  const [height, time, index, [kind, wire], [code, place, reasons, events]] = decode(leaf);
  let operations = [];
  let publicKey = null;
  if (kind === "transaction") {
    publicKey = toHex(wire.subarray(80, 112));
    operations = readOperations(wire, words);
  } else if (kind !== "due") throw new RangeError(kind);
  const told = events.map((event) => readTagged(event, words.events));
  return { height, time, index, code, place, reasons, events: told, operations, publicKey };
}

/** The operations of a transaction; none when a proposer put into a block what cannot be read. */
function readOperations(wire, words) {
  try {
    return decode(wire.subarray(112))[7].map((one) => readTagged(one, words.operations));
  } catch {
    return [];
  }
}

/** What an entry tells, as `describe_receipt` says it: one sentence, and one for each member that was stood in for. */
function describeEntry(teller, entry, signer) {
  const isAdded = ({ tag }) => teller.words.added.includes(tag);
  const tell = ({ tag, fields }) => teller.say(`event.${tag}`, fields);
  const added = new Set(entry.events.filter(isAdded).map(tell));
  return teller.sentences(describeOutcome(teller, entry, signer, entry.events.filter((event) => !isAdded(event))), ...added);
}

function describeOutcome(teller, entry, signer, events) {
  const { operations } = entry;
  const { words } = teller;
  const act = ({ tag }) => teller.say(`act.${tag}`);
  const rank = ({ tag }) => (words.telling.includes(tag) ? words.telling.indexOf(tag) : words.telling.length);
  const first = (list) => list.reduce((best, event) => (rank(event) < rank(best) ? event : best));
  const tell = (event) => teller.say(`event.${getKey(event, words.turned)}`, event.fields);
  if (entry.code !== "ok") {
    const [code, parameters] = entry.reasons[0];
    const tried = operations[entry.place];
    const name = tried ? act(tried) : teller.say("act.unreadable");
    const refused = teller.say("receipt.refused", { act: name, signer, reason: describeReason(teller, code, parameters) });
    if (operations.length < 2) return refused;
    return teller.sentences(refused, teller.say("receipt.none_done", { count: operations.length }));
  }
  if (operations.length > 1) {
    const counts = new Map();
    for (const name of operations.map(act)) counts.set(name, (counts.get(name) ?? 0) + 1);
    const acts = [...counts].map(([name, count]) => (count === 1 ? name : `${name} × ${count}`));
    const said = teller.say("receipt.several", { signer, count: operations.length, acts });
    const telling = events.filter((event) => rank(event) < words.telling.length);
    return telling.length ? teller.sentences(said, tell(first(telling))) : said;
  }
  if (events.length) return tell(first(events));
  const [only] = operations;
  if (only) return teller.say(`operation.${getKey(only, words.turned)}`, { signer, ...only.fields });
  return teller.say("receipt.nothing_left");
}

function readRow({ key, value }, words) {
  const [table, shape] = words.tables[key[0]] ?? [];
  if (!table) throw new RangeError("a table of a later release");
  const parts = decode(key.subarray(1));
  const id = parts[0] instanceof Uint8Array ? toHex(parts[0]) : parts[0];
  return { table, id, second: parts[1], row: value && read(decode(value), shape) };
}

function* describeStates(teller, states) {
  for (const { table, id, second, row } of states) {
    if (!row) continue;
    if (table === "contracts") yield `${showContract(id)}: ${teller.say(`status.contract.${row.status}`)}.`;
    else if (table === "members") yield `${id}: ${teller.say(`status.member.${row.status}`)}.`;
    else if (table === "credits") yield `${id}: ${row.score.score}, ${row.grade}.`;
    else if (table === "ballots") yield teller.say("verdict.ballot", [id, row.motion, row.status, row.yes, row.no, row.abstain]);
    else if (table === "votes") yield teller.say("event.ballots.voted", { ballot: id, member: second, choice: row.choice });
  }
}

/** What `verifyProof` found, in words. `words` is what concordat.verifier.browser makes of the catalogs. */
export function tellVerdict(found, words, language) {
  const teller = new Teller(words, language);
  if (!found.valid) return tellRefusal(teller, found.code);
  try {
    const states = found.states.map((state) => readRow(state, words));
    const members = Object.fromEntries(states.filter(({ table, row }) => table === "officers" && row)
      .map(({ id, row }) => [id, row.member]));
    const entries = found.entries.map(({ index, leaf }) => {
      const entry = readLeaf(leaf, words);
      const signer = entry.publicKey && (members[entry.publicKey] ?? `${entry.publicKey.slice(0, 8)}…`);
      return { position: index, height: entry.height, time: entry.time, sentence: describeEntry(teller, entry, signer) };
    });
    const { checkpoint, authority, notProved, signatures, witnesses } = found;
    const warning = checkpoint.isSimulated ? [teller.say("verdict.simulated")] : [];
    const said = [...entries.map(({ sentence }) => sentence), ...describeStates(teller, states)];
    return {
      valid: true,
      code: "ok",
      statement: teller.sentences(...warning, ...said),
      simulated: warning.join(""),
      sentences: said,
      height: checkpoint.height,
      time: formatTime(checkpoint.time),
      shownTime: showTime(checkpoint.time, language),
      chainId: toHex(checkpoint.chainId),
      entries,
      signers: signatures.map(({ publicKey }) => ({ key: toHex(publicKey), member: members[toHex(publicKey)] ?? null })),
      witnesses: witnesses.map(({ name, publicKey, time }) =>
        ({ name, key: toHex(publicKey), shownTime: showTime(time * 1e6, language) })),
      authority: teller.say(`proof.authority.${authority[0]}`, authority.slice(1)),
      notProved: notProved.map((name) => teller.say(`proof.not_proved.${name}`)),
    };
  } catch {
    return tellRefusal(teller, "malformed"); // authentic, but written by a later release
  }
}

function tellRefusal(teller, code) {
  return { valid: false, code, statement: teller.say(`proof.${code}`), nextStep: teller.say(`next.proof.${code}`) };
}

const ATTACHED = /\/Length (\d+) \/Type \/EmbeddedFile\n>>\nstream\n(?=concordat\/proof\/v1\n)/g;

/** The proof file attached to a certificate as a node writes it (ISO 32000-1, 7.11.4); null unless it is there once, and uncompressed. */
function findAttached(bytes) {
  const text = new TextDecoder("latin1").decode(bytes); // one character for each byte
  const found = [...text.matchAll(ATTACHED)].map(({ 0: head, 1: size, index }) => [index + head.length, Number(size)]);
  return found.length === 1 ? bytes.slice(found[0][0], found[0][0] + found[0][1]) : null;
}

/** What a file is, by how it begins: `{proof}` (of a certificate the attached one, or null), `{policy}`, or a root of trust as `verifyProof` takes it; null for anything else. */
export function readFile(bytes) {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (text.startsWith("concordat/proof/v1\n")) return { proof: bytes };
  if (text.startsWith("%PDF-")) return { proof: findAttached(bytes) };
  if (text.startsWith("{")) return { genesis: bytes };
  if (text.startsWith("concordat key v1\n")) return readKeyFile(text);
  if (/^[ \t]*quorum[ \t]/m.test(text)) return { policy: bytes };
  return text.startsWith("concordat/") && isNote(text) ? { note: text } : null;
}

function isNote(text) {
  try {
    return Boolean(parseSignedNote(text));
  } catch {
    return false;
  }
}

function readKeyFile(text) {
  const sealed = /^(concordat key v1\npublic ([0-9a-f]{64})\n[^]*)\nsha256 ([0-9a-f]{64})\n$/.exec(text);
  const isWhole = sealed && toHex(sha256(new TextEncoder().encode(sealed[1]))) === sealed[3];
  return isWhole ? { nodeKey: fromHex(sealed[2]) } : null;
}
