// Pipeline: drag a card, or press M on it and then the number of a stage. The move shows at once and is taken
// back when the server refuses. Each card holds a form (select of stages) that works without JavaScript.
import { csrfHeaders, wordsFor } from "./requests.js";
import { typing } from "./keys.js";
import { toast } from "./toasts.js";

let dragged = null;
let awaiting = null;

const columns = () => [...document.querySelectorAll(".board > .col[data-stage]")];

async function move(card, column) {
  const home = { parent: card.parentElement, next: card.nextElementSibling };
  if (!column || column === card.closest(".col")) return;
  column.querySelector("header").after(card);
  const answer = await fetch(card.dataset.move, {
    method: "POST",
    headers: { ...csrfHeaders(), "HX-Request": "true" },
    body: new URLSearchParams({ state: column.dataset.stage }),
  }).catch(() => null);
  if (answer?.ok) {
    document.dispatchEvent(new CustomEvent("board:moved", { detail: { card, column } }));
    return;
  }
  home.parent.insertBefore(card, home.next);
  toast({
    level: "error",
    text: answer ? await wordsFor(answer.status, await answer.text()) : "No connection. The card went back to its place.",
  });
}

function onKey(event) {
  const card = event.target.closest?.(".board .card[data-move]");
  if (!card || typing(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
  if (awaiting === card && /^[1-9]$/.test(event.key)) {
    awaiting = null;
    move(card, columns()[Number(event.key) - 1]);
    card.querySelector("a")?.focus();
  } else if (event.key.toLowerCase() === "m") {
    awaiting = card;
    const stages = columns().map((column, at) => `${at + 1} ${column.dataset.name || column.dataset.stage}`);
    toast({ text: `Move to: ${stages.join(" · ")}` });
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

export function startBoard() {
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".board .card[data-move]");
    dragged?.classList.add("moving");
  });
  document.addEventListener("dragend", () => {
    dragged?.classList.remove("moving");
    dragged = null;
    columns().forEach((column) => column.classList.remove("over"));
  });
  document.addEventListener("dragover", (event) => {
    const column = dragged && event.target.closest?.(".col[data-stage]");
    if (!column) return;
    event.preventDefault();
    columns().forEach((each) => each.classList.toggle("over", each === column));
  });
  document.addEventListener("drop", (event) => {
    const column = dragged && event.target.closest?.(".col[data-stage]");
    if (!column) return;
    event.preventDefault();
    move(dragged, column);
  });
  document.addEventListener("keydown", onKey, true);
}
