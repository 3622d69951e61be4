// [data-network data-src data-middle data-path]: draws the network that data-src answers with sigma. Width is the
// strength of a tie, colour the company; the best path is drawn on top. The table beside it says the same.
const { Sigma, graphology, graphologyLibrary } = window;
const HUES = ["#4c6ef5", "#0ca678", "#e8590c", "#ae3ec9", "#1098ad", "#d6336c", "#74b816", "#f59f00", "#7048e8", "#2b8a3e"];
const box = document.querySelector("[data-network]");
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// sigma reads hex and rgb only, while the tokens may be written in oklch: a canvas translates.
function rgb(name, fallback) {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  pen.fillStyle = fallback;
  pen.fillStyle = token(name) || fallback;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function hue(text) {
  let sum = 0;
  for (const letter of text || "") sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return text ? HUES[sum % HUES.length] : "#868e96";
}

function build(data, middle) {
  const graph = new graphology.Graph({ type: "undirected", multi: true });
  const near = new Map();
  data.nodes.forEach((node, place) => {
    const ring = near.get(node.depth) || 0;
    near.set(node.depth, ring + 1);
    const angle = place * 2.399963;
    const far = node.depth * 12 + Math.sqrt(ring);
    graph.addNode(node.id, {
      label: node.name, company: node.company, depth: node.depth, color: hue(node.company),
      x: Math.cos(angle) * far, y: Math.sin(angle) * far, size: 4,
    });
  });
  for (const link of data.links) {
    graph.addEdgeWithKey(link.id, link.source, link.target, { weight: link.strength + 0.05, size: 0.6 + link.strength * 3.4 });
  }
  graph.forEachNode((id) => graph.setNodeAttribute(id, "size", Math.min(3 + Math.sqrt(graph.degree(id)) * 1.6, 16)));
  graph.setNodeAttribute(middle, "size", 14);
  return graph;
}

function draw(graph, path) {
  const way = new Set(path);
  const steps = new Set(path.slice(1).map((id, place) => [path[place], id].sort().join()));
  const look = { hovered: null, around: new Set() };
  const faint = rgb("--line-strong", "#ced4da");
  const strong = rgb("--accent", "#1f5fd0");
  const calm = rgb("--line", "#e9ecef");
  const view = new Sigma(graph, box, {
    labelColor: { color: rgb("--fg", "#1b1e27") }, labelFont: "Inter, sans-serif", labelSize: 12, labelDensity: 0.6,
    labelRenderedSizeThreshold: 7, defaultEdgeColor: faint, zIndex: true, hideEdgesOnMove: graph.size > 4000,
    allowInvalidContainer: true,
    nodeReducer(id, node) {
      const dim = look.hovered ? id !== look.hovered && !look.around.has(id) : way.size > 1 && !way.has(id);
      if (way.has(id)) return { ...node, forceLabel: true, zIndex: 2, size: node.size + 3 };
      return dim ? { ...node, color: faint, label: "", zIndex: 0 } : node;
    },
    edgeReducer(id, edge) {
      const [one, other] = graph.extremities(id);
      if (steps.has([one, other].sort().join())) return { ...edge, color: strong, size: edge.size + 2, zIndex: 2 };
      if (look.hovered && one !== look.hovered && other !== look.hovered) return { ...edge, hidden: true };
      return way.size > 1 ? { ...edge, color: calm } : edge;
    },
  });
  view.on("enterNode", ({ node }) => { look.hovered = node; look.around = new Set(graph.neighbors(node)); view.refresh({ skipIndexation: true }); });
  view.on("leaveNode", () => { look.hovered = null; view.refresh({ skipIndexation: true }); });
  return view;
}

function around(id) {
  const url = new URL(location.href);
  url.searchParams.set("contact", id);
  return url.href;
}

function show(graph, id) {
  const card = document.querySelector("[data-node]");
  const node = graph.getNodeAttributes(id);
  const onto = new URL(location.href);
  onto.searchParams.set("contact", box.dataset.middle);
  onto.searchParams.set("to", id);
  card.querySelector("[data-node-name]").textContent = node.label;
  const ties = graph.degree(id);
  card.querySelector("[data-node-about]").textContent = [node.company, `${ties} ${ties === 1 ? "tie" : "ties"} here`].filter(Boolean).join(" · ");
  card.querySelector("[data-node-open]").href = `/contacts/${id}`;
  card.querySelector("[data-node-around]").href = around(id);
  card.querySelector("[data-node-path]").href = onto.href;
  card.hidden = false;
}

function settle(graph, view) {
  const settings = { ...graphologyLibrary.layoutForceAtlas2.inferSettings(graph), barnesHutOptimize: graph.order > 400, edgeWeightInfluence: 1, slowDown: 4 };
  const layout = new graphologyLibrary.FA2Layout(graph, { settings });
  layout.start();
  setTimeout(() => { layout.kill(); view.refresh(); box.dataset.settled = "true"; }, Math.min(1500 + graph.order * 2, 8000));
}

async function start() {
  const answer = await fetch(box.dataset.src, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const graph = build(await answer.json(), box.dataset.middle);
  const view = draw(graph, box.dataset.path.split(" ").filter((id) => graph.hasNode(id)));
  view.on("clickNode", ({ node }) => show(graph, node));
  view.on("doubleClickNode", (event) => { event.preventSigmaDefault(); location.href = around(event.node); });
  const camera = view.getCamera();
  const moves = { in: () => camera.animatedZoom(), out: () => camera.animatedUnzoom(), all: () => camera.animatedReset() };
  for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => moves[button.dataset.zoom]());
  settle(graph, view);
}

if (box && Sigma) start();
