// Keys for who does without a mouse. Pages are whole without this script, and the dialog turns it off: a letter alone
// may not act where speech is typed into pages (WCAG 2.1.4).
const OFF = "concordat.keys";
const dialog = document.getElementById("keys");
const search = document.getElementById("q");
const [toggle, close] = dialog.querySelectorAll("button");

let isGoing = false;

const isOn = () => localStorage.getItem(OFF) !== "off";

function isTyped(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]");
}

function act(event) {
  if (!isOn() || isTyped(event)) return;
  const goes = isGoing;
  isGoing = event.key === "g";
  if (event.key === "?") dialog.open ? dialog.close() : dialog.showModal();
  else if (dialog.open) return;
  else if (event.key === "/" && search) search.focus();
  else if (goes) document.querySelector(`.nav [data-key="${CSS.escape(event.key)}"]`)?.click();
  else return;
  event.preventDefault();
}

function turn(on) {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "off");
  toggle.setAttribute("aria-pressed", on);
}

toggle.setAttribute("aria-pressed", isOn());
toggle.addEventListener("click", () => turn(!isOn()));
close.addEventListener("click", () => dialog.close());
document.getElementById("keys-show").addEventListener("click", () => dialog.showModal());
document.getElementById("keys-show").hidden = false;
document.addEventListener("keydown", act);
