// htmx: carries the CSRF token, and says in words when an answer does not come.
import { toast } from "./toasts.js";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content || "";

export const csrfHeaders = () => ({ "X-CSRFToken": token(), "X-Requested-With": "XMLHttpRequest" });

const WORDS = {
  401: "You are signed out. Sign in again, then repeat this.",
  403: "Your role may not do this. Ask an admin of the workspace.",
  404: "This record is gone: someone deleted it, or it was never yours.",
  409: "This is not possible in its present state. Reload to see it as it is now.",
  412: "Someone edited this meanwhile. Reload to see both versions.",
  413: "The file is too large.",
  429: "Too many requests just now. Wait a moment, then try again.",
  503: "The server is restarting. Try again in a moment.",
};

// A problem+json answer explains itself; its own sentence wins over ours.
export async function wordsFor(status, body = "") {
  try {
    const problem = JSON.parse(body);
    if (problem.detail) return problem.detail;
  } catch { /* the body was no JSON: our own words stand */ }
  return WORDS[status] || "The server could not do this. Nothing was changed; try again.";
}

export function startRequests() {
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("htmx:responseError", async (event) => {
    const { status, responseText } = event.detail.xhr;
    toast({ level: "error", text: await wordsFor(status, responseText) });
  });
  document.addEventListener("htmx:sendError", () => {
    toast({ level: "error", text: "No connection to the server. Nothing was saved; try again when you are online." });
  });
  document.addEventListener("htmx:timeout", () => {
    toast({ level: "error", text: "The server took too long. Check whether it was done before you try again." });
  });
  window.addEventListener("offline", () => toast({ level: "warning", text: "You are offline. What you type stays on this page." }));
}
