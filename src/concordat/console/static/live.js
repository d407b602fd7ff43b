// Keeps a list fresh while nobody is reading in it. The page is whole without this script.
const list = document.getElementById("live");
const news = document.getElementById("news");
const PAUSE_MS = 3000; // at most one change in three seconds: a screen reader must be able to follow

let waiting = 0;
let timer = 0;

function isRead() {
  return list.matches(":hover") || list.contains(document.activeElement);
}

async function show() {
  timer = 0;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live");
  if (!fresh) return;
  list.replaceChildren(...fresh.childNodes);
  waiting = 0;
  news.hidden = true;
}

function note(event) {
  waiting += JSON.parse(event.data).entries.length;
  document.getElementById("news-count").textContent = waiting;
  if (isRead()) news.hidden = false;
  else if (!timer) timer = setTimeout(show, PAUSE_MS);
}

news.querySelector("button").addEventListener("click", show);
const source = new EventSource(list.dataset.events);
source.addEventListener("entries", note);
source.addEventListener("end", () => source.close());
addEventListener("pagehide", () => source.close());
