// Server-sent events: an element with data-live-state says whether figures are live; a long silence reloads nothing,
// the extension reconnects by itself. A panel with data-retry that fails to load says so and offers to try again.
const WORDS = { open: ["Live", "green"], lost: ["Reconnecting", "amber"] };

function say(state) {
  const [words, tone] = WORDS[state];
  document.querySelectorAll("[data-live-state]").forEach((place) => {
    place.className = `chip ${tone}`;
    place.replaceChildren(Object.assign(document.createElement("span"), { className: "dot" }), words);
  });
}

function offerRetry(event) {
  const panel = event.detail.target?.closest?.("[data-retry]");
  const blank = document.getElementById("retry-template");
  if (!panel || !blank) return;
  const { verb, path } = event.detail.requestConfig || {};
  panel.replaceChildren(blank.content.cloneNode(true));
  panel.querySelector("button").addEventListener("click", () => globalThis.htmx.ajax(verb, path, { target: panel, swap: "innerHTML" }));
}

export function startLive() {
  document.addEventListener("htmx:sseOpen", () => say("open"));
  document.addEventListener("htmx:sseError", () => say("lost"));
  document.addEventListener("htmx:responseError", offerRetry);
  document.addEventListener("htmx:sendError", offerRetry);
}
