// Toasts: Django messages already in the page, and new ones from the `toast` event
// (an answer with the header HX-Trigger: {"toast": {"level", "text", "undo"}} raises it).
const STAY_MS = 6000;
const STAY_WITH_UNDO_MS = 10000;

const list = () => document.getElementById("toasts");

function leave(item) {
  item.classList.add("leaving");
  setTimeout(() => item.remove(), 200);
}

function watch(item) {
  if (item.classList.contains("error")) return; // a failure stays until it was read
  const wait = item.querySelector("form") ? STAY_WITH_UNDO_MS : STAY_MS;
  let timer = setTimeout(leave, wait, item);
  item.addEventListener("pointerenter", () => clearTimeout(timer));
  item.addEventListener("focusin", () => clearTimeout(timer));
  item.addEventListener("pointerleave", () => { timer = setTimeout(leave, wait, item); });
}

function undoForm(action) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  const csrf = document.createElement("input");
  csrf.type = "hidden";
  csrf.name = "csrfmiddlewaretoken";
  csrf.value = document.querySelector('meta[name="csrf-token"]')?.content || "";
  const button = document.createElement("button");
  button.className = "btn sm";
  button.textContent = "Undo";
  form.append(csrf, button);
  return form;
}

const ICON_AT = { success: 0, error: 1, warning: 2, info: 3 };

export function toast({ level = "info", text, undo = "" }) {
  const blank = document.getElementById("toast-template")?.content.firstElementChild;
  if (!blank || !list()) return;
  const item = blank.cloneNode(true);
  item.className = `toast ${level}`;
  const icons = document.getElementById("toast-icons").content.children;
  item.querySelector("svg").replaceWith(icons[ICON_AT[level] ?? 3].cloneNode(true));
  item.querySelector("span").textContent = text;
  if (undo.startsWith("/") && !undo.startsWith("//")) item.querySelector("[data-dismiss]").before(undoForm(undo));
  list().append(item);
  watch(item);
}

// Messages of a page that was fetched in the background are kept for the page that is opened next.
export function keepToasts(page) {
  const kept = [...page.querySelectorAll("#toasts .toast")].map((item) => ({
    level: item.classList[1],
    text: item.querySelector("span").textContent,
    undo: item.querySelector("form")?.getAttribute("action") || "",
  }));
  if (kept.length) sessionStorage.setItem("toasts", JSON.stringify(kept));
}

function showKept() {
  const kept = JSON.parse(sessionStorage.getItem("toasts") || "[]");
  sessionStorage.removeItem("toasts");
  kept.forEach(toast);
}

export function startToasts() {
  showKept();
  list()?.querySelectorAll(".toast").forEach(watch);
  document.addEventListener("click", (event) => {
    const item = event.target.closest("[data-dismiss]")?.closest(".toast, .banner");
    if (item) leave(item);
  });
  document.addEventListener("toast", (event) => toast(event.detail.value || event.detail));
}
