// The keys of the product. A button or link takes a key by data-key (its <kbd> shows the same); a link in the
// sidebar takes "G then letter" by data-go. Nothing fires while somebody types.
import { openDialog } from "./dialogs.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const GO_MS = 1200;
let goUntil = 0;

export const typing = (target) =>
  target instanceof Element && (target.isContentEditable || target.matches(
    'input:not([type="checkbox"], [type="radio"], [type="button"], [type="range"]), textarea, select'));

const visible = (element) => element.offsetParent !== null || element.getClientRects().length > 0;

const scope = () => [...document.querySelectorAll("dialog[open]")].at(-1) || document;

function byKey(name) {
  const found = [...scope().querySelectorAll(`[data-key="${CSS.escape(name)}" i]`)];
  return found.find((element) => visible(element) && !element.matches("[disabled], [aria-busy]"));
}

function press(element) {
  if (!element) return false;
  if (element.matches("input, textarea, select")) element.focus();
  else element.click();
  return true;
}

function go(letter) {
  goUntil = 0;
  return press(document.querySelector(`[data-go="${CSS.escape(letter)}" i]`));
}

function escape() {
  if (scope() !== document || document.querySelector(":popover-open")) return false; // the browser closes these
  return press(document.querySelector("[data-back]"));
}

function handle(event) {
  const key = event.key;
  if (event.ctrlKey && !event.metaKey && key.toLowerCase() === "e") return press(byKey("⌃E"));
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return false;
  if (typing(event.target)) {
    if (key !== "Escape" || scope() !== document) return false; // a dialog closes itself
    event.target.blur();
    return true;
  }
  if (goUntil > event.timeStamp) return go(key);
  if (key === "Escape") return escape();
  if (scope() === document) {
    if (key === "g" || key === "G") { goUntil = event.timeStamp + GO_MS; return true; }
    if (key === "?") return Boolean(openDialog("keys"));
    if (key === "/") return press(document.querySelector("[data-list-search]") || document.querySelector("[data-palette]"));
  }
  return key.length === 1 && press(byKey(key));
}

export function startKeys() {
  if (!isMac) {
    document.querySelectorAll("[data-mod]").forEach((element) => {
      element.textContent = element.textContent.replace("⌘", "Ctrl ");
    });
  }
  document.addEventListener("keydown", (event) => { if (handle(event)) event.preventDefault(); });
}
