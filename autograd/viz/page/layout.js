// A layered layout in linear time (but for one sort a layer), from left to right.
//
// What is inside an open module is laid out by itself, and the module is then one item of what it stands in. So boxes
// never overlap, and the work grows with the number of boxes and edges shown.

const GAP_X = 38, GAP_Y = 16, PAD = 14, HEAD = 26;

// Positions for items of given sizes with links [from, to]: {x, y, width, height, routes}.
export function layered(items, links) {
  const n = items.length;
  const rank = ranks(n, links);
  const width = items.map((b) => b.w), height = items.map((b) => b.h);
  const parts = routeItems(links, rank, width, height);
  const total = width.length;
  const layers = [];
  for (let i = 0; i < total; i += 1) (layers[rank[i]] ??= []).push(i);
  for (let r = 0; r < layers.length; r += 1) layers[r] ??= [];
  const before = lists(total), after = lists(total);
  for (const [a, b] of parts.segments) { after[a].push(b); before[b].push(a); }
  const sweeps = total > 4000 ? 2 : 6;
  orderLayers(layers, before, after, sweeps);
  const y = placeAcross(layers, height, before, after, sweeps);
  const x = new Float64Array(total);
  let left = 0;
  for (const layer of layers) {
    let wide = 0;
    for (const i of layer) wide = Math.max(wide, width[i]);
    for (const i of layer) x[i] = left + (wide - width[i]) / 2;
    left += wide + GAP_X + Math.min(60, 2 * (layer.length - 1));
  }
  let top = Infinity, bottom = -Infinity, right = 0;
  for (let i = 0; i < total; i += 1) {
    top = Math.min(top, y[i] - height[i] / 2);
    bottom = Math.max(bottom, y[i] + height[i] / 2);
    right = Math.max(right, x[i] + width[i]);
  }
  if (!total) { top = bottom = 0; }
  const points = (chain) => chain.map((i) => [x[i] + width[i] / 2, y[i] - top]);
  return {
    x: Array.from(x.subarray(0, n)), y: Array.from({ length: n }, (_, i) => y[i] - height[i] / 2 - top),
    width: right, height: bottom - top, routes: parts.chains.map(points),
  };
}

const lists = (n) => Array.from({ length: n }, () => []);

// The longest path to each item; items that nothing leads to stand right before the first that uses them.
function ranks(n, links) {
  const next = lists(n), waiting = new Int32Array(n), rank = new Array(n).fill(0), done = new Uint8Array(n);
  for (const [a, b] of links) { next[a].push(b); waiting[b] += 1; }
  const source = Array.from(waiting, (k) => k === 0);
  const ready = [];
  for (let i = 0; i < n; i += 1) if (!waiting[i]) ready.push(i);
  let seen = 0, lowest = 0;
  while (seen < n) {
    if (seen === ready.length) { // a circle, which a call of a module from within itself can make
      while (done[lowest] || waiting[lowest] <= 0) lowest += 1;
      waiting[lowest] = 0;
      ready.push(lowest);
    }
    const a = ready[seen];
    seen += 1;
    done[a] = 1;
    for (const b of next[a]) {
      if (done[b]) continue;
      rank[b] = Math.max(rank[b], rank[a] + 1);
      waiting[b] -= 1;
      if (waiting[b] === 0) ready.push(b);
    }
  }
  for (let i = 0; i < n; i += 1) {
    if (!source[i] || !next[i].length) continue;
    let first = Infinity;
    for (const b of next[i]) first = Math.min(first, rank[b]);
    rank[i] = Math.max(0, first - 1);
  }
  return rank;
}

// Long links get a waypoint in every layer they cross, so that they lead around boxes; not where that would be most
// of the picture. Waypoints are appended to rank, width and height.
function routeItems(links, rank, width, height) {
  let long = 0;
  for (const [a, b] of links) long += Math.max(0, rank[b] - rank[a] - 1);
  const waypoints = long <= 3 * rank.length + 200;
  const segments = [], chains = [];
  for (const [a, b] of links) {
    let from = a;
    const chain = [];
    if (waypoints) {
      for (let r = rank[a] + 1; r < rank[b]; r += 1) {
        const i = rank.length;
        rank.push(r); width.push(0); height.push(6);
        segments.push([from, i]);
        chain.push(i);
        from = i;
      }
    }
    if (rank[b] > rank[a]) segments.push([from, b]);
    chains.push(chain);
  }
  return { segments, chains };
}

// Barycentre heuristic: each layer in the order of the mean position of its neighbours.
function orderLayers(layers, before, after, sweeps) {
  const place = new Float64Array(before.length);
  const number = (layer) => layer.forEach((i, k) => { place[i] = k; });
  layers.forEach(number);
  const key = new Float64Array(before.length);
  for (let s = 0; s < sweeps; s += 1) {
    const down = s % 2 === 0, near = down ? before : after;
    for (let k = 0; k < layers.length; k += 1) {
      const layer = layers[down ? k : layers.length - 1 - k];
      for (const i of layer) key[i] = near[i].length ? mean(near[i], place) : place[i];
      layer.sort((a, b) => key[a] - key[b] || place[a] - place[b]);
      number(layer);
    }
  }
}

function mean(list, of) {
  let sum = 0;
  for (const i of list) sum += of[i];
  return sum / list.length;
}

// Centres across the layers: as near to the neighbours' mean as the order and the sizes allow.
function placeAcross(layers, height, before, after, sweeps) {
  const y = new Float64Array(height.length);
  for (const layer of layers) {
    let at = 0;
    for (const i of layer) { y[i] = at + height[i] / 2; at += height[i] + GAP_Y; }
    for (const i of layer) y[i] -= at / 2;
  }
  for (let s = 0; s <= sweeps; s += 1) {
    const down = s % 2 === 1;
    for (let k = 0; k < layers.length; k += 1) {
      const layer = layers[down ? k : layers.length - 1 - k];
      const wanted = layer.map((i) => {
        const near = s === sweeps ? [...before[i], ...after[i]] : down ? before[i] : after[i];
        return near.length ? mean(near, y) : y[i];
      });
      settle(layer, wanted, height, y);
    }
  }
  return y;
}

// Least squares under "one below the other with a gap": pool adjacent violators, one pass.
function settle(layer, wanted, height, y) {
  const blocks = [];
  let offset = 0;
  layer.forEach((i, k) => {
    if (k) offset += (height[layer[k - 1]] + height[i]) / 2 + GAP_Y;
    let block = { sum: wanted[k] - offset, count: 1 };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).count > block.sum / block.count) {
      const last = blocks.pop();
      block = { sum: last.sum + block.sum, count: last.count + block.count };
    }
    blocks.push(block);
  });
  let k = 0;
  offset = 0;
  for (const { sum, count } of blocks) {
    for (let c = 0; c < count; c += 1, k += 1) {
      if (k) offset += (height[layer[k - 1]] + height[layer[k]]) / 2 + GAP_Y;
      y[layer[k]] = sum / count + offset;
    }
  }
}

// The picture of a model with some modules open: boxes (nodes and closed modules), frames (open modules), and wires.
// Ids of modules come after those of nodes.
export function makeScene(model, open, sizeOfNode, sizeOfModule) {
  const N = model.nodes.length;
  const chain = new Map();
  const chainOf = (module) => {
    if (module === null) return [];
    if (!chain.has(module)) chain.set(module, [...chainOf(model.modules[module].parent), module]);
    return chain.get(module);
  };
  // For each node, the modules around what is shown of it, and what is shown of it.
  const shown = model.nodes.map((node) => {
    const around = chainOf(node.module);
    const closed = around.findIndex((m) => !open.has(m));
    return closed < 0 ? { around, box: node.id } : { around: around.slice(0, closed), box: N + around[closed] };
  });
  const contents = new Map([[-1, []]]);
  const listed = new Set();
  for (const { around, box } of shown) {
    let inside = -1;
    for (const m of around) {
      if (!listed.has(N + m)) { listed.add(N + m); contents.get(inside).push(N + m); contents.set(m, []); }
      inside = m;
    }
    if (!listed.has(box)) { listed.add(box); contents.get(inside).push(box); }
  }
  const wires = new Map();
  for (const e of model.edges) {
    const a = shown[e.from], b = shown[e.to];
    if (a.box === b.box) continue;
    const key = a.box * (N + model.modules.length) + b.box;
    if (wires.has(key)) { wires.get(key).edges.push(e.id); continue; }
    let k = 0;
    while (k < a.around.length && k < b.around.length && a.around[k] === b.around[k]) k += 1;
    wires.set(key, {
      from: a.box, to: b.box, edges: [e.id], level: k ? a.around[k - 1] : -1,
      ends: [k < a.around.length ? N + a.around[k] : a.box, k < b.around.length ? N + b.around[k] : b.box],
    });
  }
  const atLevel = new Map();
  for (const w of wires.values()) {
    if (!atLevel.has(w.level)) atLevel.set(w.level, []);
    atLevel.get(w.level).push(w);
  }
  const boxes = new Map(), frames = [];
  const layout = (level) => {
    const ids = contents.get(level);
    const inner = new Map();
    const items = ids.map((id) => {
      if (id < N) return sizeOfNode(model.nodes[id]);
      const m = id - N;
      if (!contents.has(m)) return sizeOfModule(model.modules[m]);
      const found = layout(m);
      inner.set(id, found);
      return { w: Math.max(found.width + 2 * PAD, found.head), h: found.height + 2 * PAD + HEAD };
    });
    const index = new Map(ids.map((id, i) => [id, i]));
    const links = [], linkOf = new Map();
    for (const w of atLevel.get(level) ?? []) {
      const [a, b] = w.ends.map((id) => index.get(id));
      const key = a * ids.length + b;
      if (!linkOf.has(key)) { linkOf.set(key, links.length); links.push([a, b]); }
      w.link = linkOf.get(key);
    }
    const found = layered(items, links);
    const head = level < 0 ? 0 : sizeOfModule(model.modules[level]).w + 30;
    return { ...found, ids, items, inner, head, level };
  };
  const put = (found, left, top) => {
    found.ids.forEach((id, i) => {
      const x = left + found.x[i], y = top + found.y[i], { w, h } = found.items[i];
      if (found.inner.has(id)) {
        frames.push({ id, x, y, w, h });
        put(found.inner.get(id), x + PAD, y + PAD + HEAD);
      } else {
        boxes.set(id, { id, x, y, w, h });
      }
    });
    for (const w of atLevel.get(found.level) ?? []) {
      w.via = found.routes[w.link].map(([px, py]) => [px + left, py + top]);
    }
  };
  const all = layout(-1);
  put(all, 0, 0);
  for (const w of wires.values()) {
    const a = boxes.get(w.from), b = boxes.get(w.to);
    w.points = [[a.x + a.w, a.y + a.h / 2], ...w.via, [b.x, b.y + b.h / 2]];
  }
  return {
    boxes: [...boxes.values()], byId: boxes, frames, wires: [...wires.values()], boxOf: shown.map((s) => s.box),
    width: all.width, height: all.height, N,
  };
}
