// Lists: selection with shift, a floating dock, and a cursor moved by J and K (or the arrows), X selects, Enter opens.
import { typing } from "./keys.js";

let last = null;

const rows = () => [...document.querySelectorAll("[data-grid] .body-rows > .row, [data-rows] > .row")];
const picks = (root = document) => [...root.querySelectorAll(".pick")];
const cursor = () => document.querySelector(".row.cursor");

function refresh(root) {
  const all = picks(root);
  const chosen = all.filter((box) => box.checked).length;
  root.querySelectorAll(".pick-all").forEach((box) => {
    box.checked = chosen > 0 && chosen === all.length;
    box.indeterminate = chosen > 0 && chosen < all.length;
  });
  const whole = root.querySelector('input[name="scope"]');
  if (whole && !chosen) whole.checked = false; // a cleared selection must not leave "all that match" ticked behind it
  const words = whole?.checked ? "All selected" : `${chosen} selected`;
  root.querySelectorAll("[data-selected-count]").forEach((place) => { place.textContent = words; });
}

const rootOf = (element) => element.closest("form") || document;

function pick(box, { shift = false } = {}) {
  const all = picks(rootOf(box));
  if (shift && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
  }
  last = box;
  refresh(rootOf(box));
}

function clear(root = document) {
  picks(root).forEach((box) => { box.checked = false; });
  refresh(root);
}

function moveCursor(step) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(cursor());
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))];
  cursor()?.classList.remove("cursor");
  next.classList.add("cursor");
  next.querySelector(".row-link")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function onKey(event) {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open], :popover-open")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  let done = false;
  if (key === "j" || key === "ArrowDown") done = rows().length > 0 && moveCursor(1);
  else if (key === "k" || key === "ArrowUp") done = rows().length > 0 && moveCursor(-1);
  else if (key === "x" && cursor()) {
    const box = cursor().querySelector(".pick");
    if (box) { box.checked = !box.checked; pick(box, { shift: event.shiftKey }); done = true; }
  } else if (key === "Escape" && picks().some((box) => box.checked)) { clear(); done = true; }
  if (done) { event.preventDefault(); event.stopImmediatePropagation(); }
}

export function startGrid() {
  document.addEventListener("click", (event) => {
    if (event.target.matches?.(".pick")) pick(event.target, { shift: event.shiftKey });
    if (event.target.matches?.(".pick-all")) {
      const root = rootOf(event.target);
      picks(root).forEach((box) => { box.checked = event.target.checked; });
      refresh(root);
    }
    if (event.target.matches?.('input[name="scope"]')) refresh(rootOf(event.target));
    const clearer = event.target.closest("[data-clear-selection]");
    if (clearer) clear(rootOf(clearer));
  });
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("htmx:afterSwap", () => refresh(document));
  document.querySelectorAll("form:has(.pick)").forEach(refresh);
}
