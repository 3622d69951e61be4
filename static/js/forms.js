// Form niceties: ⌘↵ sends, a form is sent once, unsaved words are guarded, filters submit on change.
const AGAIN_MS = 8000; // a form that answered with a file leaves the page standing and may be sent again
const isNote = (element) => element.matches?.("textarea");

function sendOnCommandEnter(event) {
  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
  const form = event.target.closest?.("form");
  if (!form || !isNote(event.target)) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-command-enter]") || undefined);
}

function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method === "get" || form.matches("[hx-post], [hx-put], [hx-patch]")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(wakeForms, AGAIN_MS);
  (event.submitter || form.querySelector(".btn"))?.setAttribute("aria-busy", "true");
  delete form.dataset.dirty;
}

const dirtyForms = () => [...document.querySelectorAll("form[data-guard]")].filter((form) => form.dataset.dirty);

// A page restored by the back button must not keep a form that believes it was sent.
function wakeForms() {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll('[aria-busy="true"]').forEach((button) => button.removeAttribute("aria-busy"));
  });
}

function autosize(area) {
  if (CSS.supports("field-sizing: content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

export function startForms() {
  document.addEventListener("keydown", sendOnCommandEnter);
  document.addEventListener("submit", sendOnce);
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) form.dataset.dirty = "1";
    if (isNote(event.target)) autosize(event.target);
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-submit-on-change]")) event.target.form?.requestSubmit();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form[data-guard], form[data-reset]");
    if (!form || !event.detail.successful) return;
    delete form.dataset.dirty;
    if (form.hasAttribute("data-reset")) form.reset();
  });
  window.addEventListener("beforeunload", (event) => { if (dirtyForms().length) event.preventDefault(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) wakeForms(); });
  const invalid = document.querySelector('[aria-invalid="true"]');
  (invalid || document.querySelector("[data-focus]"))?.focus();
}
