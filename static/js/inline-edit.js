// Click a value, change it, Enter saves, Escape takes it back. The element says where by data-edit: GET answers
// the form fragment, its POST answers the value. Without JavaScript the pencil leads to the edit page.
import { csrfHeaders, wordsFor } from "./requests.js";
import { toast } from "./toasts.js";

const INTERACTIVE = "a, button, input, select, textarea, label";

function restore(host) {
  if (!host.savedNodes) return;
  host.replaceChildren(...host.savedNodes);
  host.savedNodes = null;
  host.classList.remove("editing");
}

async function save(host, form) {
  form.inert = true;
  const answer = await fetch(form.action, {
    method: "POST", body: new FormData(form), headers: { ...csrfHeaders(), "HX-Request": "true" },
  }).catch(() => null);
  const body = answer ? await answer.text() : "";
  if (answer?.ok || answer?.status === 422) {
    host.innerHTML = body;
    host.savedNodes = answer.ok ? null : host.savedNodes;
    host.classList.toggle("editing", !answer.ok);
    host.querySelector("input, select, textarea")?.focus();
    return;
  }
  restore(host);
  toast({ level: "error", text: answer ? await wordsFor(answer.status, body) : "No connection. The value was not saved." });
}

async function edit(host) {
  if (host.savedNodes) return;
  const answer = await fetch(host.dataset.edit, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) { location.assign(host.dataset.edit); return; }
  host.savedNodes = [...host.childNodes];
  host.innerHTML = await answer.text();
  host.classList.add("editing");
  const control = host.querySelector("input:not([type=hidden]), select, textarea");
  control?.focus();
  control?.select?.();
}

export function startInlineEdit() {
  document.addEventListener("click", (event) => {
    const host = event.target.closest("[data-edit]");
    if (!host || host.classList.contains("editing")) return;
    const pencil = event.target.closest("a");
    const usesOther = event.target.closest(INTERACTIVE) && !(pencil && pencil.getAttribute("href") === host.dataset.edit);
    if (usesOther || event.metaKey || event.ctrlKey || String(getSelection())) return;
    event.preventDefault();
    edit(host);
  });
  document.addEventListener("submit", (event) => {
    const host = event.target.closest("[data-edit]");
    if (!host) return;
    event.preventDefault();
    save(host, event.target);
  }, true);
  document.addEventListener("keydown", (event) => {
    const host = event.target.closest?.("[data-edit].editing");
    if (host && event.key === "Escape") { event.preventDefault(); event.stopPropagation(); restore(host); }
  }, true);
  document.addEventListener("focusout", (event) => {
    const host = event.target.closest?.("[data-edit].editing");
    if (host && event.relatedTarget && !host.contains(event.relatedTarget)) restore(host);
  });
}
