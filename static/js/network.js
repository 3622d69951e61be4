// [data-network data-src data-middle]: draws the network that data-src answers with sigma. Width is the strength of
// a tie, colour the company; the best path (#network-path) is drawn on top. The table beside it says the same.
import { build, rgb } from "./network-graph.js";

const { Sigma, graphologyLibrary } = window;
const find = (selector) => document.querySelector(selector);
const box = find("[data-network]");

function draw(graph, path, look) {
  const way = new Set(path);
  const steps = new Set(path.slice(1).map((id, place) => [path[place], id].sort().join()));
  const [line, faint, accent, text, ground] = ["--line", "--line-strong", "--accent", "--fg", "--bg-float"].map(rgb);
  const dims = (id) => (look.node ? id !== look.node && !look.around.has(id) : look.found ? !look.found.has(id) : way.size > 1 && !way.has(id));
  return new Sigma(graph, box, {
    labelColor: { color: text }, labelFont: "Inter, sans-serif", labelSize: 12, labelDensity: 0.5,
    labelRenderedSizeThreshold: 7, defaultEdgeColor: faint, zIndex: true, hideEdgesOnMove: graph.size > 4000,
    allowInvalidContainer: true, minCameraRatio: 0.02, maxCameraRatio: 4,
    defaultDrawNodeHover(pen, node, settings) {
      pen.font = `${settings.labelSize}px ${settings.labelFont}`;
      pen.fillStyle = ground;
      const wide = node.label ? pen.measureText(node.label).width + node.size + 10 : 0;
      pen.beginPath();
      pen.roundRect(node.x - node.size - 3, node.y - Math.max(node.size, 8) - 3, wide + node.size + 3, Math.max(node.size, 8) * 2 + 6, 6);
      pen.fill();
      pen.fillStyle = text;
      if (node.label) pen.fillText(node.label, node.x + node.size + 3, node.y + 4);
    },
    nodeReducer(id, node) {
      if (id === look.node || way.has(id)) return { ...node, forceLabel: true, zIndex: 2, size: node.size + 3 };
      return dims(id) ? { ...node, color: faint, label: "", zIndex: 0 } : { ...node, forceLabel: look.found?.size < 30 && look.found.has(id), zIndex: 1 };
    },
    edgeReducer(id, edge) {
      const [one, other] = graph.extremities(id);
      if (steps.has([one, other].sort().join())) return { ...edge, color: accent, size: edge.size + 3, zIndex: 2 };
      if (look.node && one !== look.node && other !== look.node) return { ...edge, hidden: true };
      return way.size > 1 || look.found ? { ...edge, color: line } : edge;
    },
  });
}

function address(contact, to) {
  const url = new URL(location.href);
  url.searchParams.set("contact", contact);
  if (to) url.searchParams.set("to", to);
  return url.href;
}

function tell(graph, id) {
  const card = find("[data-node]");
  const node = graph.getNodeAttributes(id);
  const ties = graph.degree(id);
  card.querySelector("[data-node-name]").textContent = node.label;
  card.querySelector("[data-node-about]").textContent = [node.company, `${ties} ${ties === 1 ? "tie" : "ties"} here`].filter(Boolean).join(" · ");
  card.querySelector("[data-node-open]").href = `/contacts/${id}`;
  card.querySelector("[data-node-around]").href = address(id);
  card.querySelector("[data-node-path]").href = address(box.dataset.middle, id);
  card.hidden = false;
}

function settle(graph, view) {
  const settings = { ...graphologyLibrary.layoutForceAtlas2.inferSettings(graph), barnesHutOptimize: graph.order > 400, edgeWeightInfluence: 1, slowDown: 4 };
  const layout = new graphologyLibrary.FA2Layout(graph, { settings });
  layout.start();
  setTimeout(() => { layout.kill(); view.refresh(); box.dataset.settled = "true"; }, Math.min(1500 + graph.order * 2, 8000));
}

function listen(graph, view, look) {
  const point = (id) => { look.node = id; look.around = new Set(id ? graph.neighbors(id) : []); view.refresh({ skipIndexation: true }); };
  const go = (id) => { tell(graph, id); view.getCamera().animate({ ...view.getNodeDisplayData(id), ratio: 0.25 }, { duration: 300 }); };
  view.on("enterNode", ({ node }) => point(node));
  view.on("leaveNode", () => point(null));
  view.on("clickNode", ({ node }) => tell(graph, node));
  view.on("doubleClickNode", (event) => { event.preventSigmaDefault(); location.href = address(event.node); });
  const moves = { in: () => view.getCamera().animatedZoom(), out: () => view.getCamera().animatedUnzoom(), all: () => view.getCamera().animatedReset() };
  for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => moves[button.dataset.zoom]());
  for (const link of document.querySelectorAll("[data-person]")) {
    const id = link.dataset.person;
    for (const type of ["focus", "pointerenter"]) link.addEventListener(type, () => { if (graph.hasNode(id)) { point(id); tell(graph, id); } });
    for (const type of ["blur", "pointerleave"]) link.addEventListener(type, () => point(null));
  }
  const search = find("[data-find]");
  search.addEventListener("input", () => {
    const words = search.value.trim().toLowerCase();
    look.found = words ? new Set(graph.filterNodes((id, node) => `${node.label} ${node.company}`.toLowerCase().includes(words))) : null;
    view.refresh({ skipIndexation: true });
  });
  search.addEventListener("keydown", (event) => { if (event.key === "Enter" && look.found?.size) go([...look.found][0]); });
}

async function start() {
  const answer = await fetch(box.dataset.src, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const path = JSON.parse(find("#network-path").textContent);
  const graph = build(await answer.json(), path, box.dataset.middle, box.clientWidth);
  const look = { node: null, around: new Set(), found: null };
  const view = draw(graph, path.nodes.map((node) => node.id), look);
  listen(graph, view, look);
  settle(graph, view);
}

if (box && Sigma) start();
