// What network.js draws: colours, companies, people and ties as a graphology graph.
const { graphology } = window;
const HUES = ["#4c6ef5", "#0ca678", "#e8590c", "#ae3ec9", "#1098ad", "#d6336c", "#74b816", "#f59f00"];
const CALM = ["#8494c8", "#7fb3a4", "#c89a80", "#b091bd", "#82abb5", "#c08ba2", "#a3b183", "#c0ab7d", "#9a8fc0", "#84a58c"];
const NONE = "#868e96";

// sigma reads hex and rgb only, while tokens are written in oklch for light and dark: a canvas translates.
export function rgb(name) {
  const probe = Object.assign(document.createElement("i"), { hidden: true });
  document.body.append(probe);
  probe.style.color = `var(${name})`;
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  pen.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  pen.fillRect(0, 0, 1, 1);
  return `#${[...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

// The companies with most people get a bright colour of their own, the others share calm ones.
function paint(nodes) {
  const sizes = new Map();
  for (const { company } of nodes) if (company) sizes.set(company, (sizes.get(company) || 0) + 1);
  const first = [...sizes].sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0])).slice(0, HUES.length);
  const hues = new Map(first.map(([company], place) => [company, HUES[place]]));
  for (const [company, size] of first.length > 1 ? first : []) {
    const entry = document.createElement("li");
    const dot = document.createElement("i");
    dot.style.background = hues.get(company);
    entry.append(dot, `${company} ${size}`);
    document.querySelector("[data-legend]").append(entry);
  }
  return (company) => hues.get(company) || (company ? CALM[[...company].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) >>> 0, 0) % CALM.length] : NONE);
}

export function build(data, path, middle, width) {
  const graph = new graphology.Graph({ type: "undirected", multi: true });
  const near = new Map();
  const hue = paint(data.nodes);
  for (const node of [...data.nodes, ...path.nodes]) {
    if (graph.hasNode(node.id)) continue;
    const ring = near.get(node.depth) || 0;
    near.set(node.depth, ring + 1);
    const angle = graph.order * 2.399963;
    const far = node.depth * 12 + Math.sqrt(ring);
    graph.addNode(node.id, {
      label: node.name, company: node.company, words: `${node.name} ${node.company}`.toLowerCase(), color: hue(node.company), x: Math.cos(angle) * far, y: Math.sin(angle) * far,
    });
  }
  for (const link of data.links) {
    graph.addEdgeWithKey(link.id, link.source, link.target, { weight: link.strength + 0.05, size: 0.5 + link.strength * 3 });
  }
  // The path is drawn on the ties that are there; where it leaves the network it brings its own.
  const steps = new Set();
  for (const link of path.links) {
    const known = graph.edges(link.source, link.target);
    for (const id of known) steps.add(id);
    if (!known.length) steps.add(graph.addEdgeWithKey(link.id, link.source, link.target, { weight: link.strength + 0.05, size: 0.5 + link.strength * 3 }));
  }
  const scale = Math.min(1, Math.sqrt(400 / graph.order) + 0.15) * Math.min(1, 0.5 + width / 1800);
  graph.forEachNode((id) => graph.setNodeAttribute(id, "size", Math.min(3 + Math.sqrt(graph.degree(id)) * 1.6, 18) * scale));
  graph.setNodeAttribute(middle, "size", 16 * scale);
  return { graph, steps };
}
