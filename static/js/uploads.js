// Files: a drop zone around a plain file input, and a progress line while it is sent.
import { wordsFor } from "./requests.js";
import { keepToasts, toast } from "./toasts.js";

const size = (bytes) => (bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

function name(zone, input) {
  const place = zone.querySelector("[data-file-name]");
  const file = input.files[0];
  if (place && file) place.textContent = `${file.name} · ${size(file.size)}`;
}

function wire(zone) {
  const input = zone.querySelector('input[type="file"]');
  if (!input) return;
  const over = (on) => (event) => { event.preventDefault(); zone.classList.toggle("over", on); };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => name(zone, input));
}

function send(form) {
  const bar = form.querySelector("progress[data-upload]");
  const request = new XMLHttpRequest();
  bar.hidden = false;
  bar.max = 100;
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (event.loaded / event.total) * 100;
  });
  const fail = (words) => {
    bar.hidden = true;
    delete form.dataset.sent;
    form.querySelectorAll('[aria-busy="true"]').forEach((button) => button.removeAttribute("aria-busy"));
    toast({ level: "error", text: words });
  };
  request.addEventListener("load", async () => {
    const type = request.getResponseHeader("Content-Type") || "";
    const page = type.includes("html") ? new DOMParser().parseFromString(request.responseText, "text/html") : null;
    const refused = page?.querySelector('[aria-invalid="true"], .errorlist, .form-errors');
    if (request.status < 400 && !refused) {
      if (page) keepToasts(page);
      location.assign(request.responseURL);
    } else if (page && request.status < 500) {
      document.body.replaceWith(page.body); // the form again, with what is wrong written into it
      globalThis.htmx?.process(document.body);
      wireAll();
    } else fail(await wordsFor(request.status, request.responseText));
  });
  request.addEventListener("error", () => fail("The connection broke while sending. The file was not saved; send it again."));
  request.open("POST", form.action);
  request.send(new FormData(form));
}

const wireAll = () => document.querySelectorAll(".drop").forEach(wire);

export function startUploads() {
  wireAll();
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !event.target.querySelector("progress[data-upload]")) return;
    event.preventDefault();
    event.submitter?.setAttribute("aria-busy", "true");
    send(event.target);
  });
}
