// What people see of the verifier: on the console's page, and in the one file that needs no network.

import { Refusal } from "./encoding.js";
import { fromHex, sha256, toHex } from "./hashing.js";
import { findSigned, parsePolicy } from "./policy.js";
import { readFile, tellVerdict } from "./verdict.js";
import { verifyProof } from "./verify.js";

const ROOT = document.getElementById("verifier");
const WORDS = JSON.parse(document.getElementById("verifier-words").textContent);
const PROOF_PATH = /^\/v1(\/[A-Za-z0-9._~-]+)+\/proof$/;

let language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
if ("offline" in ROOT.dataset && navigator.language.startsWith("zh")) language = "zh";

/** What was chosen: proof `{name, bytes}`, trust `{name, root}`, policy `{name, read, code}`, where the root came from, what was not read, as words and values. */
const chosen = { proof: null, trust: null, policy: null, byNode: false, unknown: [], failed: "" };

function say(key, values = {}) {
  return WORDS.catalogs[language][`verifier.${key}`].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** An element with attributes and children; texts are never read as markup. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat(Infinity));
  return element;
}

// ── what is chosen ──────────────────────────────────────────────────────────────────────────────────────────────────

function take(name, bytes) {
  const found = readFile(bytes);
  if (!found) chosen.unknown.push(["unknown", { name }]);
  else if (found.proof === null) chosen.unknown.push(["attached", { name }]);
  else if (found.proof) chosen.proof = { name, bytes: found.proof, key: found.proof === bytes ? "proof_is" : "proof_in" };
  else if (found.policy) chosen.policy = { name, ...readPolicy(bytes) };
  else {
    chosen.trust = { name, root: found };
    chosen.byNode = false;
  }
}

function readPolicy(bytes) {
  try {
    return { read: parsePolicy(bytes), code: "" };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { read: null, code: error.code };
  }
}

/** What was copied as files or as text; text for a field of the form stays there. */
function takePasted(event) {
  if (event.target.closest("input") && !event.clipboardData.files.length) return;
  event.preventDefault();
  const { files } = event.clipboardData;
  takeFiles(files.length ? files : [new File([event.clipboardData.getData("text/plain")], say("pasted"))]);
}

async function takeFiles(files) {
  chosen.unknown = [];
  chosen.failed = "";
  for (const file of files) take(file.name, new Uint8Array(await file.arrayBuffer()));
  showResult();
}

function takeKey(text) {
  const digits = text.trim().toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits)) return;
  chosen.trust = { name: `${digits.slice(0, 8)}…${digits.slice(-4)}`, root: { nodeKey: fromHex(digits) } };
  chosen.byNode = false;
  showResult();
}

async function fetchBytes(path) {
  const answer = await fetch(path, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  return new Uint8Array(await answer.arrayBuffer());
}

/** The proof that the address names, and the genesis document of the same node. */
async function takeFromNode(path) {
  try {
    take(path, await fetchBytes(path));
    take("/v1/genesis", await fetchBytes("/v1/genesis"));
    chosen.byNode = true;
  } catch (error) {
    chosen.failed = error.message;
  }
  showResult();
}

// ── what is shown ───────────────────────────────────────────────────────────────────────────────────────────────────

function showForm() {
  const files = make("input", { type: "file", multiple: "", id: "files", "aria-describedby": "files-hint" });
  files.addEventListener("change", () => takeFiles(files.files));
  const key = make("input", { id: "key", class: "mono", autocomplete: "off", spellcheck: "false", maxlength: "80" });
  key.addEventListener("input", () => takeKey(key.value));
  const form = make("section", { class: "card drop" },
    make("div", { class: "fields" },
      make("div", {}, make("label", { for: "files" }, say("choose")),
        make("span", { class: "hint", id: "files-hint" }, say("choose_hint")), files),
      make("div", {}, make("label", { for: "key" }, say("key")), key)));
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    takeFiles(event.dataTransfer.files);
  });
  const result = make("div", { id: "result", class: "stack", "aria-live": "polite" });
  const page = [make("div", { class: "stack" }, form, result)];
  if ("offline" in ROOT.dataset) page.unshift(...makeHeading());
  ROOT.replaceChildren(...page);
  showResult();
}

function makeHeading() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = `${say("title")} · Concordat`;
  const other = make("button", { type: "button", lang: language === "zh" ? "en" : "zh-CN" }, language === "zh" ? "English" : "中文");
  other.addEventListener("click", () => {
    language = language === "zh" ? "en" : "zh";
    showForm();
  });
  return [make("p", { class: "languages" }, other), make("h1", {}, say("title")), make("p", { class: "lede" }, say("lede"))];
}

function showResult() {
  const parts = [];
  const { proof, trust, policy, byNode, unknown, failed } = chosen;
  const lines = unknown.map(([key, values]) => say(key, values));
  if (proof) lines.push(`${say(proof.key, { name: proof.name })} · SHA-256 ${toHex(sha256(proof.bytes))}`);
  if (trust) lines.push(`${say(`trust.${Object.keys(trust.root)[0]}`, { name: trust.name })}${showDigestOf(trust.root)}`);
  if (policy) lines.push(say("policy_is", { name: policy.name }));
  if (lines.length) parts.push(make("ul", { class: "plain small" }, lines.map((line) => make("li", {}, line))));
  if (failed) parts.push(makeRefusal(say("not_given", { status: failed }), say("not_given_next")));
  else if (policy?.code) parts.push(makeRefusal(say("bad_policy", { name: policy.name }), say("bad_policy_next"), policy.code));
  else if (proof && trust) {
    const told = tellVerdict(verifyProof(proof.bytes, trust.root, policy?.read), WORDS, language);
    parts.push(...makeVerdict(told));
    if (policy && (told.valid || told.code === "policy_not_met")) parts.splice(-1, 0, makeCount(policy.read, told.valid));
  }
  else if (proof || trust) parts.push(make("p", {}, say(proof ? "needs_trust" : "needs_proof")));
  if (proof && trust && byNode) parts.splice(1, 0, make("p", { class: "note warn" }, say("by_node")));
  document.getElementById("result").replaceChildren(...parts);
}

/** How many of whom the policy names have cosigned, and whether that is enough. */
function makeCount(policy, isMet) {
  const { witnesses } = verifyProof(chosen.proof.bytes, chosen.trust.root);
  const signed = findSigned(policy, witnesses.map((one) => ({ ...one, kind: 4 })));
  const count = [...signed.values()].filter(Boolean).length;
  return make("section", { class: "card", id: "policy" }, make("h2", {}, say("policy")),
    make("p", {}, say("policy_count", { signed: count, named: signed.size }), " ", say(isMet ? "policy_met" : "policy_not_met")),
    make("ul", { class: "checks" }, [...signed].map(([name, has]) =>
      make("li", has ? { class: "good", "data-sign": "✓" } : { "data-sign": "–" }, `${name} · ${say(has ? "cosigned" : "not_cosigned")}`))));
}

const showDigestOf = ({ genesis }) => (genesis ? ` · SHA-256 ${toHex(sha256(genesis))}` : "");

function makeRefusal(sentence, nextStep, code = "") {
  const told = code ? [make("p", { class: "small" }, `${say("code")}: `, make("code", {}, code))] : [];
  return make("section", { class: "note bad", role: "alert" }, make("h2", {}, `✕ ${sentence}`), make("p", {}, nextStep), told);
}

function makeVerdict(verdict) {
  if (!verdict.valid) return [makeRefusal(verdict.statement, verdict.nextStep, verdict.code)];
  const rows = [
    ["signers", verdict.signers.map(({ key, member }) => (member ? `${member} · ${key}` : key))],
    ["witnesses", verdict.witnesses.map(({ name, key, shownTime }) => `${name} · ${key} · ${shownTime}`)],
    ["height", [String(verdict.height)]],
    ["time", [[verdict.shownTime, verdict.simulated].filter(Boolean).join(" · ")]],
    ["chain", [verdict.chainId]],
  ];
  const facts = rows.filter(([, values]) => values.length).map(([name, values]) =>
    [make("dt", {}, say(name)), values.map((value) => make("dd", {}, value))]);
  return [
    make("section", { class: "note good" }, make("h2", {}, `✓ ${WORDS.catalogs[language]["proof.ok"]}`),
      make("p", {}, verdict.authority)),
    make("section", { class: "card" }, make("h2", {}, say("proved")),
      make("ul", { class: "checks" }, verdict.sentences.map((text) => make("li", { class: "good", "data-sign": "✓" }, text))),
      make("dl", { class: "verdict" }, facts)),
    make("section", { class: "card" }, make("h2", {}, say("not_proved")),
      make("ul", { class: "checks" }, verdict.notProved.map((text) => make("li", { "data-sign": "–" }, text)))),
  ];
}

showForm();
document.addEventListener("paste", takePasted);
const asked = "offline" in ROOT.dataset ? null : new URLSearchParams(location.search).get("of");
if (asked && PROOF_PATH.test(asked)) takeFromNode(asked);
