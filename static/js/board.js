// Pipeline: drag a card, or press M on it and then the number of a stage; arrows go from card to card. A move shows
// at once and is taken back when the server refuses. Each card holds a form that works without JavaScript.
import { csrfHeaders, wordsFor } from "./requests.js";
import { typing } from "./keys.js";
import { toast } from "./toasts.js";

let dragged = null;
let awaiting = null;

const columns = () => [...document.querySelectorAll(".board > .col[data-stage]")];
const legal = (card) => (card.closest(".col")?.dataset.steps || "").split(" ");

function count(column, by) {
  const figure = column.querySelector("header .n");
  const now = Number(figure.textContent.replace(/\D/g, "")) + by;
  figure.textContent = now.toLocaleString("en-US");
  column.querySelector(".none").hidden = now > 0;
}

function put(card, column, before) {
  count(card.closest(".col"), -1);
  column.insertBefore(card, before);
  count(column, 1);
}

async function move(card, column) {
  const home = { column: card.closest(".col"), next: card.nextElementSibling };
  if (!column || column === home.column) return;
  put(card, column, column.querySelector("header").nextElementSibling);
  card.querySelector("a").focus();
  const answer = await fetch(card.dataset.move, {
    method: "POST",
    headers: { ...csrfHeaders(), "HX-Request": "true" },
    body: new URLSearchParams({ state: column.dataset.stage }),
  }).catch(() => null);
  if (answer?.ok) return;
  put(card, home.column, home.next);
  toast({
    level: "error",
    text: answer ? await wordsFor(answer.status, await answer.text()) : "No connection. The card went back to its place.",
  });
}

function ask(card) {
  const stages = columns().map((column, at) => (legal(card).includes(column.dataset.stage) ? `${at + 1} ${column.dataset.name}` : ""));
  const ways = stages.filter(Boolean).join(" · ");
  awaiting = ways ? card : null;
  toast({ text: ways ? `Move to: ${ways}` : "This is the last state: it leads nowhere." });
}

const STEP = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function step(card, [aside, along]) {
  const cards = (column) => [...(column?.querySelectorAll(".card") || [])];
  const mine = cards(card.closest(".col"));
  if (along) {
    const next = mine[mine.indexOf(card) + along];
    if (!next && along > 0) card.closest(".col").querySelector("[hx-get]")?.click(); // the rest is on its way
    return next?.focus();
  }
  const all = columns();
  for (let at = all.indexOf(card.closest(".col")) + aside; all[at]; at += aside) {
    const there = cards(all[at]);
    if (there.length) return there[Math.min(mine.indexOf(card), there.length - 1)].focus();
  }
}

function onKey(event) {
  const card = event.target.closest?.(".board .card[data-move]");
  if (!card || typing(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
  if (awaiting === card && /^[1-9]$/.test(event.key)) {
    awaiting = null;
    move(card, columns()[Number(event.key) - 1]);
  } else if (event.key.toLowerCase() === "m") ask(card);
  else if (STEP[event.key]) step(card, STEP[event.key]);
  else return;
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
