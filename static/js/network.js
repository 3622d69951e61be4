// [data-network data-src data-middle data-sigma data-layout]: draws the network that data-src answers; the best path (#network-path)
// is drawn on top. The table beside it says the same, and is all there is where the browser has no WebGL.
import { build } from "./network-graph.js";
import { draw, settle } from "./network-view.js";

const find = (selector) => document.querySelector(selector);
const box = find("[data-network]");

function address(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) if (value) url.searchParams.set(name, value); else url.searchParams.delete(name);
  return url.href;
}

function tell(graph, id) {
  const card = find("[data-node]");
  const node = graph.getNodeAttributes(id);
  const ties = graph.degree(id);
  card.querySelector("[data-node-name]").textContent = node.label;
  card.querySelector("[data-node-about]").textContent = [node.company, `${ties} ${ties === 1 ? "tie" : "ties"} here`].filter(Boolean).join(" · ");
  card.querySelector("[data-node-open]").href = `/contacts/${id}`;
  card.querySelector("[data-node-around]").href = address({ contact: id, page: null, find: null });
  card.querySelector("[data-node-path]").href = address({ to: id, find: null });
  card.hidden = false;
}

// The table points people out in the drawing; arrows go from one to the next.
function follow(graph, point) {
  const links = [...document.querySelectorAll("[data-person]")];
  links.forEach((link, at) => {
    const id = link.dataset.person;
    for (const type of ["focus", "pointerenter"]) link.addEventListener(type, () => { if (graph.hasNode(id)) { point(id); tell(graph, id); } });
    for (const type of ["blur", "pointerleave"]) link.addEventListener(type, () => point(null));
    link.addEventListener("keydown", (event) => {
      const next = links[at + { ArrowDown: 1, ArrowUp: -1 }[event.key]];
      if (next) { event.preventDefault(); next.focus(); }
    });
  });
}

function search(graph, view, show, look) {
  const input = find("[data-find]");
  let pause;
  const seek = () => {
    const words = input.value.trim().toLowerCase();
    look.found = words ? new Set(graph.filterNodes((_, node) => node.words.includes(words))) : null;
    find("[data-found]").textContent = words ? `${look.found.size || "Nobody"} found` : "";
    show();
  };
  const go = (id) => { tell(graph, id); view.getCamera().animate({ ...view.getNodeDisplayData(id), ratio: 0.25 }, { duration: 300 }); };
  input.value = new URL(location.href).searchParams.get("find") || "";
  if (input.value) seek();
  input.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(seek, 120); history.replaceState(history.state, "", address({ find: input.value.trim() })); });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") seek(); if (event.key === "Enter" && look.found?.size) go([...look.found][0]); });
}

function listen(graph, view, show, look) {
  const point = (id) => {
    if (look.node === id) return;
    look.node = id;
    look.around = new Set(id ? graph.neighbors(id) : []);
    box.dataset.pointed = id || "";
    show();
  };
  let rests; // a pointer that sweeps over people points at nobody
  const soon = (id) => { clearTimeout(rests); rests = setTimeout(point, 80, id); };
  view.on("enterNode", ({ node }) => soon(node));
  view.on("leaveNode", () => soon(null));
  view.on("clickNode", ({ node }) => tell(graph, node));
  view.on("doubleClickNode", (event) => { event.preventSigmaDefault(); location.href = address({ contact: event.node, page: null, find: null }); });
  const moves = { in: () => view.getCamera().animatedZoom(), out: () => view.getCamera().animatedUnzoom(), all: () => view.getCamera().animatedReset() };
  for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => moves[button.dataset.zoom]());
  follow(graph, point);
  search(graph, view, show, look);
}

// sigma cannot even be loaded where there is no WebGL, so it is loaded only where there is.
function load(src) {
  return new Promise((done, failed) => document.head.append(Object.assign(document.createElement("script"), { src, onload: done, onerror: failed })));
}

async function start() {
  const [answer] = await Promise.all([fetch(box.dataset.src, { headers: { Accept: "application/json" } }), load(box.dataset.sigma)]);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const path = JSON.parse(find("#network-path").textContent);
  const { graph, steps } = build(await answer.json(), path, box.dataset.middle, box.clientWidth);
  const look = { node: null, around: new Set(), found: null, way: new Set(path.nodes.map((node) => node.id)), steps };
  const { view, show } = draw(graph, box, look);
  requestAnimationFrame(() => { box.dataset.drawn = Math.round(performance.now()); });
  listen(graph, view, show, look);
  settle(graph, view, box, () => { box.dataset.settled = "true"; });
}

function giveUp(words) {
  const notice = find("[data-network-notice]");
  notice.textContent = words;
  notice.hidden = false;
  find(".network").classList.add("undrawn");
}

if (box && document.createElement("canvas").getContext("webgl2")) {
  start().catch(() => giveUp("The drawing could not be loaded. The list has everybody in it; load the page again to try once more."));
} else if (box) giveUp("This browser cannot draw the network (it has no WebGL). The list has everybody in it.");
