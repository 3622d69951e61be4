// The drawing itself: a graph in WebGL with what is looked at brought out, and a layout that settles beside it.
import { rgb } from "./network-graph.js";

const MANY = 1000; // people from which on labels and ties rest while the drawing moves

// look: { node, around, found, way, steps }: who is pointed at, whom they know, who was searched, the path and its ties.
export function draw(graph, box, look) {
  const [line, faint, accent, text, ground] = ["--line", "--line-strong", "--accent", "--fg", "--bg-float"].map(rgb);
  const dims = (id) => (look.node ? id !== look.node && !look.around.has(id) : look.found ? !look.found.has(id) : look.way.size > 1 && !look.way.has(id));
  const nodeReducer = (id, node) => {
    if (id === look.node || look.way.has(id)) return { ...node, forceLabel: true, zIndex: 2, size: node.size + 3 };
    if (dims(id)) return { ...node, color: faint, label: "", zIndex: 0 };
    return look.found?.size < 30 && look.found.has(id) ? { ...node, forceLabel: true, zIndex: 1 } : node;
  };
  const edgeReducer = (id, edge) => {
    if (look.steps.has(id)) return { ...edge, color: accent, size: edge.size + 3, zIndex: 2 };
    if (look.node) return graph.hasExtremity(id, look.node) ? edge : { ...edge, hidden: true };
    return look.way.size > 1 || look.found ? { ...edge, color: line } : edge;
  };
  const taken = []; // where names stand already in this picture
  const view = new window.Sigma(graph, box, {
    labelColor: { color: text }, labelFont: "Inter, sans-serif", labelSize: 12, labelDensity: 0.5,
    labelRenderedSizeThreshold: 7, defaultEdgeColor: faint, zIndex: true, allowInvalidContainer: true,
    hideEdgesOnMove: graph.order > MANY, hideLabelsOnMove: graph.order > MANY, minCameraRatio: 0.02, maxCameraRatio: 4,
    defaultDrawNodeLabel: (pen, node, settings) => label(pen, node, settings, box.clientWidth, taken),
    defaultDrawNodeHover: (pen, node, settings) => plate(pen, node, settings, text, ground),
  });
  view.on("beforeRender", () => taken.splice(0));
  reckon(graph, view);
  // Without anything to bring out nothing is asked for each person and tie.
  const show = () => {
    const plain = !look.node && !look.found && look.way.size < 2;
    if (plain === !view.getSetting("nodeReducer")) view.refresh({ skipIndexation: true, schedule: true });
    else view.setSettings({ nodeReducer: plain ? null : nodeReducer, edgeReducer: plain ? null : edgeReducer });
  };
  show();
  return { view, show };
}

// Who is under the pointer is reckoned here: sigma would read it back from the graphics card, which waits for all drawing.
function reckon(graph, view) {
  view.getNodeAtPosition = ({ x, y }) => {
    if (view.getMouseCaptor().isMouseDown || view.getCamera().isAnimated()) return view.hoveredNode;
    const [at, beside] = [view.viewportToFramedGraph({ x, y }), view.viewportToFramedGraph({ x: x + 1, y })];
    const pixel = Math.hypot(beside.x - at.x, beside.y - at.y);
    let [nearest, least] = [null, Infinity];
    graph.forEachNode((id) => {
      const shown = view.getNodeDisplayData(id);
      const far = Math.hypot(shown.x - at.x, shown.y - at.y);
      if (far < least && far <= (view.scaleSize(shown.size) + 2) * pixel) [nearest, least] = [id, far];
    });
    return nearest;
  };
}

// A name stands to the right of its person, at the drawing's right edge to the left; where another name stands
// already, below its person or above.
function label(pen, node, settings, width, taken) {
  if (!node.label) return;
  pen.font = `${settings.labelSize}px ${settings.labelFont}`;
  pen.fillStyle = settings.labelColor.color;
  const wide = pen.measureText(node.label).width;
  const [gap, high] = [node.size + 3, settings.labelSize + 2];
  const beside = node.x + gap + wide > width ? Math.max(0, node.x - gap - wide) : node.x + gap;
  const middle = Math.max(0, Math.min(node.x - wide / 2, width - wide));
  const spots = [[beside, node.y + 4], [middle, node.y + gap + high - 4], [middle, node.y - gap]];
  const meets = (x, y) => (one) => x < one.x + one.wide && one.x < x + wide && Math.abs(y - one.y) < high;
  const [x, y] = spots.find((spot) => !taken.some(meets(...spot))) || spots[0];
  taken.push({ x, y, wide });
  pen.fillText(node.label, x, y);
}

function plate(pen, node, settings, text, ground) {
  pen.font = `${settings.labelSize}px ${settings.labelFont}`;
  pen.fillStyle = ground;
  const wide = node.label ? pen.measureText(node.label).width + node.size + 10 : 0;
  const high = Math.max(node.size, 8);
  pen.beginPath();
  pen.roundRect(node.x - node.size - 3, node.y - high - 3, wide + node.size + 3, high * 2 + 6, 6);
  pen.fill();
  pen.fillStyle = text;
  if (node.label) pen.fillText(node.label, node.x + node.size + 3, node.y + 4);
}

// Lay the graph out in a worker; every answer is drawn before the next is asked for.
export function settle(graph, view, box, done) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const worker = new Worker(box.dataset.layout);
  const ids = graph.nodes();
  const place = new Map(ids.map((id, at) => [id, at]));
  const ends = new Uint32Array(graph.size * 2);
  graph.edges().forEach((id, at) => graph.extremities(id).forEach((end, side) => { ends[2 * at + side] = place.get(end); }));
  const of = (name) => Float32Array.from(ids, (id) => graph.getNodeAttribute(id, name));
  const scripts = [...document.scripts].map((script) => script.src).filter((src) => src.includes("/graphology/"));
  const weight = Float32Array.from(graph.edges(), (id) => graph.getEdgeAttribute(id, "weight"));
  worker.onmessage = ({ data }) => requestAnimationFrame((began) => {
    if (data.done || !still) move(graph, view, data.places);
    if (data.done) worker.terminate(); else worker.postMessage({ took: performance.now() - began });
    if (data.done) done();
  });
  worker.onerror = done;
  worker.postMessage({ scripts, x: of("x"), y: of("y"), size: of("size"), ends, weight, seconds: Math.min(1.5 + graph.order / 500, 8) });
}

// The graph's own event would have every person reckoned three times.
function move(graph, view, places) {
  let at = 0;
  graph.forEachNode((_, node) => {
    node.x = places[at++];
    node.y = places[at++];
  });
  view.refresh();
}
