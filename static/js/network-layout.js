// A worker that lays the network out with ForceAtlas2: gets people and ties as arrays, answers places, and goes on
// when told that they are drawn, so that a slow screen is never flooded. The page's own thread computes nothing.
self.DOMParser = self.Document = self.XMLSerializer = class {}; // readers of files in the library ask for these; no layout does
let graph, settings, until, step, iterations = 4;

function take({ scripts, x, y, size, ends, weight, seconds }) {
  importScripts(...scripts);
  graph = new self.graphology.Graph({ type: "undirected", multi: true });
  x.forEach((_, id) => graph.addNode(id, { x: x[id], y: y[id], size: size[id] }));
  weight.forEach((much, at) => graph.addEdge(ends[2 * at], ends[2 * at + 1], { weight: much }));
  const inferred = self.graphologyLibrary.layoutForceAtlas2.inferSettings(graph);
  settings = { ...inferred, barnesHutOptimize: graph.order > 400, edgeWeightInfluence: 1, slowDown: 4 };
  step = Math.max(30, graph.order / 20);
  until = performance.now() + seconds * 1000;
}

// As many iterations as fit into one step of time.
function go() {
  const began = performance.now();
  self.graphologyLibrary.layoutForceAtlas2.assign(graph, { iterations, settings });
  const took = performance.now() - began;
  iterations = Math.max(1, Math.min(100, Math.round((iterations * step) / Math.max(took, 1))));
  const places = new Float32Array(graph.order * 2);
  let at = 0;
  graph.forEachNode((_, { x, y }) => { places[at++] = x; places[at++] = y; });
  postMessage({ places, done: performance.now() > until }, [places.buffer]);
}

// Told how long the drawing took, the next step lasts four times that: the page keeps most of its time for the hand.
onmessage = ({ data }) => {
  if (data.scripts) take(data); else step = Math.max(30, 4 * data.took);
  go();
};
