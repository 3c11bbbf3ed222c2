// What is drawn of a model with some modules open: boxes, frames and wires, with their places.

import { layered, levelled, NO_POINTS } from "./layout.js";

// What is inside an open module is laid out by itself, and the module is then one item of what it stands in. So boxes
// never overlap, and the work grows with the number of boxes and edges shown.

const PAD = 16, HEAD = 28;

// The picture of a model with some modules open: boxes (nodes and closed modules), frames (open modules), and wires.
// Ids of modules come after those of nodes.
export function makeScene(model, open, sizeOfNode, sizeOfModule, aspect, inner) {
  const N = model.nodes.length;
  // For each place of nodes (a module, or none), the open modules around what is shown, and the closed one, if any.
  const places = new Map([[null, { around: [], closed: -1 }]]);
  const placeOf = (module) => {
    if (!places.has(module)) {
      const outer = placeOf(model.modules[module].parent);
      if (outer.closed >= 0) places.set(module, outer);
      else if (open.has(module)) places.set(module, { around: [...outer.around, module], closed: -1 });
      else places.set(module, { around: outer.around, closed: N + module });
    }
    return places.get(module);
  };
  const contents = new Map([[-1, []]]), listed = new Set(), boxOf = new Int32Array(N);
  for (const node of model.nodes) {
    const { around, closed } = placeOf(node.module);
    let inside = -1;
    for (const m of around) {
      if (!contents.has(m)) { contents.get(inside).push(N + m); contents.set(m, []); }
      inside = m;
    }
    boxOf[node.id] = closed < 0 ? node.id : closed;
    if (closed < 0) contents.get(inside).push(node.id);
    else if (!listed.has(closed)) { listed.add(closed); contents.get(inside).push(closed); }
  }
  const wires = wiresOf(model, boxOf, placeOf);
  const atLevel = new Map();
  for (const w of wires) {
    if (!atLevel.has(w.level)) atLevel.set(w.level, []);
    atLevel.get(w.level).push(w);
  }
  // For each open module what wires from outside lead to, with those wires.
  const entering = new Map(), leaving = new Map();
  for (const w of wires) {
    for (const module of w.leaves) {
      if (!leaving.has(module)) leaving.set(module, []);
      leaving.get(module).push(w);
    }
    w.enters.forEach((module, i) => {
      const id = i + 1 < w.enters.length ? N + w.enters[i + 1] : w.to;
      if (!entering.has(module)) entering.set(module, new Map());
      const through = entering.get(module);
      if (!through.has(id)) through.set(id, []);
      through.get(id).push(w);
    });
  }
  const boxes = new Map(), frames = [], index = new Int32Array(N + model.modules.length);
  const layout = (level) => {
    const ids = contents.get(level);
    const inside = new Map();
    const items = ids.map((id) => {
      if (id < N) return sizeOfNode(model.nodes[id]);
      const m = id - N;
      if (!contents.has(m)) return sizeOfModule(model.modules[m]);
      const found = layout(m);
      inside.set(id, found);
      return { w: Math.max(found.width + 2 * PAD, found.head), h: found.height + 2 * PAD + HEAD };
    });
    ids.forEach((id, i) => { index[id] = i; });
    const links = [], linkOf = new Map();
    for (const w of atLevel.get(level) ?? []) {
      const a = index[w.ends[0]], b = index[w.ends[1]];
      const sole = w.ends[0] === w.from && w.ends[1] === w.to; // then no other wire has these ends
      const key = sole ? null : a * ids.length + b;
      w.link = linkOf.get(key) ?? links.length;
      if (w.link === links.length) links.push([a, b]);
      if (!sole) linkOf.set(key, w.link);
    }
    const fed = new Set(links.map((l) => l[1]));
    const entries = [...(entering.get(level) ?? [])].filter(([id]) => fed.has(index[id]));
    for (const [id] of entries) { // only what has inputs inside too: the others stand at the edge anyway
      links.push([items.length, index[id]]);
      items.push({ w: 0, h: 8 });
    }
    const found = layered(items, links, entries.length, level < 0 ? aspect : inner, level < 0);
    found.entries = entries.map(([, through], k) => ({
      through, port: items.length - entries.length + k, link: links.length - entries.length + k,
    }));
    const head = level < 0 ? 0 : sizeOfModule(model.modules[level]).w + 30;
    return { ...found, ids, items, inside, head, level };
  };
  const put = (found, left, top) => {
    const moved = ([px, py, line, corner]) => [px + left, py + top, line, corner];
    for (const { through, port, link } of found.entries) {
      const x = found.x[port], y = found.y[port] + 4;
      const points = [[x, y, 0], [x + found.first, y, 1], ...found.routes[link]].map(moved);
      for (const w of through) w.inside.push(...points);
    }
    found.ids.forEach((id, i) => {
      const x = left + found.x[i], y = top + found.y[i], { w, h } = found.items[i];
      if (found.inside.has(id)) {
        frames.push({ id, x, y, w, h });
        put(found.inside.get(id), x + PAD, y + PAD + HEAD);
      } else {
        boxes.set(id, { id, x, y, w, h });
      }
    });
    if (found.rows > 1) { // leave by the right edge, not across the rows
      for (const w of leaving.get(found.level) ?? []) {
        const b = boxes.get(w.from);
        w.outside.push([left + found.width, b.y + b.h / 2, 0]);
      }
    }
    for (const w of atLevel.get(found.level) ?? []) {
      const route = found.routes[w.link];
      w.via = route.length ? route.map(moved) : NO_POINTS;
    }
  };
  const all = layout(-1);
  put(all, 0, 0);
  for (const w of wires) {
    const a = boxes.get(w.from), b = boxes.get(w.to);
    const start = [a.x + a.w, a.y + a.h / 2, 0], end = [b.x, b.y + b.h / 2, 0];
    w.points = w.via.length || w.inside.length || w.outside.length
      ? levelled([start, ...w.outside, ...w.via, ...w.inside, end]) : [start, end];
  }
  return {
    boxes: [...boxes.values()], byId: boxes, frames, wires, boxOf,
    width: all.width, height: all.height, N,
  };
}

// One wire for all edges between the same two boxes.
function wiresOf(model, boxOf, placeOf) {
  const N = model.nodes.length, wires = [], ofModules = new Map();
  const lastFrom = new Int32Array(N).fill(-1), lastWire = new Array(N);
  const add = (e, from, to) => {
    const a = placeOf(model.nodes[e.from].module), b = placeOf(model.nodes[e.to].module);
    let k = 0;
    while (k < a.around.length && k < b.around.length && a.around[k] === b.around[k]) k += 1;
    const flat = k === a.around.length && k === b.around.length; // as most are, and in a large graph that saves time
    const made = {
      from, to, edges: [e.id], level: k ? a.around[k - 1] : -1, via: NO_POINTS, points: null, link: 0,
      inside: flat ? NO_POINTS : [], outside: flat ? NO_POINTS : [],
      enters: flat ? NO_POINTS : b.around.slice(k), leaves: flat ? NO_POINTS : a.around.slice(k),
      ends: [k < a.around.length ? N + a.around[k] : from, k < b.around.length ? N + b.around[k] : to],
    };
    wires.push(made);
    return made;
  };
  for (const node of model.nodes) {
    for (const e of node.outof) {
      const from = boxOf[e.from], to = boxOf[e.to];
      if (from === to) continue;
      if (from < N && to < N) { // all edges of these two are in this list
        if (lastFrom[to] === from) { lastWire[to].edges.push(e.id); continue; }
        lastFrom[to] = from;
        lastWire[to] = add(e, from, to);
        continue;
      }
      const key = from * (N + model.modules.length) + to, known = ofModules.get(key);
      if (known) known.edges.push(e.id);
      else ofModules.set(key, add(e, from, to));
    }
  }
  return wires;
}
