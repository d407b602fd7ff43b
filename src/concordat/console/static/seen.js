// Compares this node, on every visit, with the last signed checkpoint that this browser has seen of it. Pages are whole
// without this script; a node that wants to cheat can leave it out, so that a witness or `--seen FILE` is the stronger eye.
const KEY = "concordat.seen";
const NEWEST = "/v1/checkpoint";
const template = document.getElementById("seen");

/** What a node and its witnesses sign; cosignatures come later, to the same. */
const getSigned = (note) => note && note.split("\n\n")[0];

async function ask(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

const askText = async (path) => new TextDecoder().decode(await ask(path));

/** What became of the history: `continued` and the note to keep, or the case to tell, by name. */
async function compare(seen, now) {
  const { parseSignedNote, readProof, renderSignedNote, verifyProof } = await import(`${template.dataset.scripts}verify.js`);
  const { toHex } = await import(`${template.dataset.scripts}hashing.js`);
  const [known, newest] = [seen, now].map((note) => parseSignedNote(note).checkpoint);
  const isSameChain = toHex(known.chainId) === toHex(newest.chainId);
  const isBehind = newest.height < known.height;
  const since = isSameChain && known.logSize > 0 && known.logSize <= newest.logSize ? `?from=${known.logSize}` : "";
  const data = await ask(`${NEWEST}/proof${since}`);
  const found = verifyProof(data, { note: seen });
  if (found.valid) return { name: "continued", note: renderSignedNote(readProof(data)) };
  const isSimulated = known.isSimulated && newest.isSimulated;
  const name = !isSameChain ? "other_chain" : isBehind ? "behind" : found.code === "other_checkpoint" ? "rewritten" : "unproved";
  return { name, isSimulated, key: toHex(readProof(data).publicKey), seen, now };
}

function show(told) {
  const banner = template.content.firstElementChild.cloneNode(true);
  banner.classList.add(told.name === "behind" ? "warn" : "bad");
  const cases = told.isSimulated ? [told.name, "simulated"] : [told.name];
  for (const part of banner.querySelectorAll("[data-case]")) {
    if (!part.dataset.case.split(" ").some((name) => cases.includes(name))) part.remove();
  }
  for (const place of banner.querySelectorAll("[data-value]")) place.textContent = told[place.dataset.value];
  banner.querySelector("button").addEventListener("click", () => {
    localStorage.setItem(KEY, told.now);
    banner.remove();
  });
  document.getElementById("main").prepend(banner);
}

async function look() {
  const seen = localStorage.getItem(KEY);
  const now = await askText(NEWEST);
  if (getSigned(seen) === getSigned(now)) return;
  if (seen === null) {
    localStorage.setItem(KEY, now);
    return;
  }
  const told = await compare(seen, now).catch((error) => {
    if (error.code !== "malformed") throw error; // no answer is no history
    return { name: "unproved", key: "–", seen, now };
  });
  if (told.name === "continued") localStorage.setItem(KEY, told.note);
  else show(told);
}

// Without storage, or without an answer, there is nothing to compare.
look().catch((error) => console.debug(error));
