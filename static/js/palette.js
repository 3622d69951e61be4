// ⌘K: one box that finds and jumps. The server answers a fragment of links with role="option".
const WAIT_MS = 120;
let dialog, input, found, timer, running;

const options = () => [...found.querySelectorAll('[role="option"]')];

function mark(option) {
  options().forEach((each) => each.setAttribute("aria-selected", String(each === option)));
  if (!option) { input.removeAttribute("aria-activedescendant"); return; }
  option.id ||= `found-${options().indexOf(option)}`;
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function say(words) {
  const line = document.createElement("p");
  line.className = "none";
  line.textContent = words;
  found.replaceChildren(line);
}

async function search() {
  running?.abort();
  running = new AbortController();
  const url = new URL(input.form.action, location.href);
  url.searchParams.set("q", input.value.trim());
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: running.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    found.innerHTML = await answer.text();
    mark(options()[0]);
    if (!options().length && input.value.trim()) say("Nothing found. Try a part of the name, a company or a number.");
  } catch (error) {
    if (error.name !== "AbortError") say("Search did not answer. Press Enter to try it as a page.");
  }
}

function open() {
  if (dialog.open) return;
  dialog.showModal();
  input.select();
  search();
}

function move(step) {
  const all = options();
  if (!all.length) return;
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  mark(all[(at + step + all.length) % all.length]);
}

function onKey(event) {
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter") {
    const chosen = options().find((option) => option.getAttribute("aria-selected") === "true");
    if (!chosen) return; // the form goes to the search page
    if (event.metaKey || event.ctrlKey) window.open(chosen.href, "_blank", "noopener");
    else chosen.click();
  } else return;
  event.preventDefault();
}

export function startPalette() {
  dialog = document.getElementById("palette");
  if (!dialog) return;
  input = dialog.querySelector("input");
  found = dialog.querySelector(".found");
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, WAIT_MS); });
  input.addEventListener("keydown", onKey);
  found.addEventListener("pointermove", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option && option.getAttribute("aria-selected") !== "true") mark(option);
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-palette]");
    if (!opener || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    document.querySelector("#side:popover-open")?.hidePopover();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open();
  });
}
