// A layered layout in linear time (but for one sort a layer), from left to right.

const GAP_Y = 16;

// Positions for items of given sizes with links [from, to]: {x, y, width, height, routes}. The last `ports` items are
// where wires come in from outside: they stand at the left edge.
export function layered(items, links, ports = 0, aspect = 1.4, isWhole = false) {
  const n = items.length;
  const rank = ranks(n, links);
  for (let i = n - ports; i < n; i += 1) rank[i] = 0;
  const width = items.map((b) => b.w), height = items.map((b) => b.h);
  const parts = routeItems(links, rank, width, height);
  const total = width.length;
  const layers = [];
  for (let i = 0; i < total; i += 1) (layers[rank[i]] ??= []).push(i);
  for (let r = 0; r < layers.length; r += 1) layers[r] ??= [];
  const after = neighbours(total, parts.from, parts.to), before = neighbours(total, parts.to, parts.from);
  const sweeps = total > 4000 ? 1 : 6;
  orderLayers(layers, before, after, sweeps);
  const y = placeAcross(layers, height, before, after, sweeps);
  const x = new Float64Array(total);
  const gap = n < 24 ? 90 : n < 60 ? 58 : 38; // room for numbers beside the wires of a small graph
  const columns = [];
  let left = 0;
  for (const layer of layers) {
    let wide = 0;
    for (const i of layer) wide = Math.max(wide, width[i]);
    // Waypoints and ports begin at the left and lead straight through the column.
    for (const i of layer) x[i] = i >= n - ports ? left : left + (wide - width[i]) / 2;
    columns.push({ left, right: left + wide });
    left += wide + gap + Math.min(60, 2 * (layer.length - 1));
  }
  const rows = wrap(layers, columns, x, y, width, height, parts, aspect, isWhole);
  const right = rows.reduce((most, r) => Math.max(most, r.right), 0);
  const bend = rows.length > 1 ? GUTTER : 0;
  for (let i = 0; i < total; i += 1) x[i] += bend;
  const route = (link, k) => {
    const chain = parts.chains[k], points = [];
    let last = link[0];
    const on = (i, isEnd) => {
      if (rowOf(rows, rank[i]) > rowOf(rows, rank[last])) points.push(...turn(rows, rank, last, i, y, k));
      if (!isEnd) points.push([x[i], y[i], 0], [x[i] + columns[rank[i]].right - columns[rank[i]].left, y[i], 1]);
      last = i;
    };
    for (let c = 0; chain && c < chain[1]; c += 1) on(chain[0] + c, false);
    on(link[1], true);
    return points.length ? points : NO_POINTS;
  };
  return { x, y: y.map((centre, i) => centre - height[i] / 2),
    width: right + 2 * bend, height: rows.at(-1)?.bottom ?? 0, rows: rows.length,
    first: columns.length ? columns[0].right - columns[0].left : 0,
    routes: links.map(route) };
}

const TURN = 40; // what a further wire that has to turn costs, in height
const GUTTER = 30; // beside the rows, for the wires that lead from one to the next

// A long band of layers is broken into rows, like text, so that it fills a page. Moves x and y.
function wrap(layers, columns, x, y, width, height, parts, aspect, isWhole) {
  if (!layers.length) return [];
  const tops = new Float64Array(layers.length).fill(Infinity), bottoms = new Float64Array(layers.length).fill(-Infinity);
  for (let r = 0; r < layers.length; r += 1) {
    for (let k = 0; k < layers[r].length; k += 1) {
      const i = layers[r][k], half = height[i] / 2;
      if (y[i] - half < tops[r]) tops[r] = y[i] - half;
      if (y[i] + half > bottoms[r]) bottoms[r] = y[i] + half;
    }
  }
  const extent = (from, to) => {
    let top = Infinity, bottom = -Infinity;
    for (let r = from; r < to; r += 1) {
      if (tops[r] < top) top = tops[r];
      if (bottoms[r] > bottom) bottom = bottoms[r];
    }
    return [top, bottom];
  };
  const total = y.length, long = columns.at(-1).right, crossing = crossings(layers, parts);
  // How much of a page of this aspect the rows would take: what has to fit is the wider or the higher.
  const need = (cuts) => {
    let from = 0, wide = 0, high = 0;
    for (const to of [...cuts, layers.length]) {
      const [above, below] = extent(from, to);
      wide = Math.max(wide, columns[to - 1].right - columns[from].left);
      high += below - above + GUTTER + (to < layers.length ? TURN * (crossing[to - 1] - 1) : 0);
      from = to;
    }
    return Math.max((wide + (cuts.length ? 3 * GUTTER : 0)) / aspect, high);
  };
  let cuts = [], best = need(cuts) * (isWhole ? 0.95 : 0.75); // turns are worth it only for much larger letters
  const most = Math.min(total > 4000 ? 12 : 40, isWhole ? layers.length : layers.length / 2);
  for (let count = 2; count <= most && (isWhole || layers.length >= 4); count += 1) {
    const tried = cutsFor(columns, long / count, crossing), needed = need(tried);
    if (needed < best) { cuts = tried; best = needed; }
    if (needed > 2 * best) break;
  }
  const rows = [];
  let from = 0, at = 0;
  for (const to of [...cuts, layers.length]) {
    const [above, below] = extent(from, to), shift = columns[from].left;
    for (let r = from; r < to; r += 1) for (const i of layers[r]) { x[i] -= shift; y[i] += at - above; }
    rows.push({ from, to, top: at, bottom: at + below - above, right: columns[to - 1].right - shift });
    at += below - above + GUTTER;
    from = to;
  }
  return rows;
}

// How many wires lead from each layer to the next.
function crossings(layers, parts) {
  const layerOf = new Int32Array(layers.reduce((a, l) => a + l.length, 0));
  layers.forEach((layer, r) => layer.forEach((i) => { layerOf[i] = r; }));
  const found = new Int32Array(layers.length + 1);
  for (let k = 0; k < parts.from.length; k += 1) {
    found[layerOf[parts.from[k]]] += 1;
    found[layerOf[parts.to[k]]] -= 1;
  }
  for (let r = 1; r < found.length; r += 1) found[r] += found[r - 1];
  return found;
}

// Where rows begin: where few wires cross, in the last part of what fits a row.
function cutsFor(columns, room, crossing) {
  const cuts = [];
  let start = 0;
  for (let r = 1; r < columns.length; r += 1) {
    if (columns[r].right - columns[start].left <= room * 1.08) continue;
    if (columns[r - 1].right - columns[start].left < room * 0.35) continue; // rather a long row than a very short one
    let best = r;
    for (let c = r - 1; c > start + 1 && columns[c].left - columns[start].left > room * 0.7; c -= 1) {
      if (crossing[c - 1] < crossing[best - 1]) best = c;
    }
    cuts.push(best);
    start = best;
    r = Math.max(r, best);
  }
  return cuts;
}

function rowOf(rows, layer) {
  let low = 0, high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows[middle].from <= layer) low = middle;
    else high = middle - 1;
  }
  return low;
}

// The corners of a wire to a later row: right of its row, below it, left of all rows. The third number: a straight line.
function turn(rows, rank, a, b, y, k) {
  const row = rows[rowOf(rows, rank[a])], side = 8 + (k % 4) * 4;
  const below = row.bottom + 7 + (k % 4) * 4, right = row.right + GUTTER + side;
  const left = GUTTER - side - 4;
  return [[right, y[a], 1, FROM], [right, below, 1], [left, below, 1], [left, y[b], 1, TO]];
}

// Corners at the height of what a wire comes from, and of what it leads to: in a module that is elsewhere than here.
const FROM = 1, TO = 2;

export function levelled(points) {
  for (let i = 1; i < points.length - 1; i += 1) {
    if (points[i][3] === FROM) points[i][1] = points[i - 1][1];
    if (points[i][3] === TO) points[i][1] = points[i + 1][1];
  }
  return points;
}

export const NO_POINTS = [];

// For each item the ends of its links, as slices of one array: start[i] to start[i + 1].
function neighbours(n, from, to) {
  const start = new Int32Array(n + 1), ends = new Int32Array(to.length);
  for (const a of from) start[a + 1] += 1;
  for (let i = 0; i < n; i += 1) start[i + 1] += start[i];
  const next = start.slice();
  for (let k = 0; k < from.length; k += 1) { ends[next[from[k]]] = to[k]; next[from[k]] += 1; }
  return { start, ends };
}

// The longest path to each item; items that nothing leads to stand right before the first that uses them.
function ranks(n, links) {
  const next = neighbours(n, links.map((l) => l[0]), links.map((l) => l[1]));
  const waiting = new Int32Array(n), rank = new Array(n).fill(0), done = new Uint8Array(n);
  for (const [, b] of links) waiting[b] += 1;
  const source = waiting.map((k) => (k === 0 ? 1 : 0));
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
    for (let k = next.start[a]; k < next.start[a + 1]; k += 1) {
      const b = next.ends[k];
      if (done[b]) continue;
      rank[b] = Math.max(rank[b], rank[a] + 1);
      waiting[b] -= 1;
      if (waiting[b] === 0) ready.push(b);
    }
  }
  for (let i = 0; i < n; i += 1) {
    if (!source[i] || next.start[i] === next.start[i + 1]) continue;
    let first = Infinity;
    for (let k = next.start[i]; k < next.start[i + 1]; k += 1) first = Math.min(first, rank[next.ends[k]]);
    rank[i] = Math.max(0, first - 1);
  }
  return rank;
}

// Long links get a waypoint in every layer they cross, so that they lead around boxes; not where that would be most
// of the picture. Waypoints are appended to rank, width and height.
function routeItems(links, rank, width, height) {
  let long = 0;
  for (const [a, b] of links) long += Math.max(0, rank[b] - rank[a] - 1);
  const waypoints = long <= rank.length + 400;
  const from = [], to = [], chains = [];
  for (const [a, b] of links) {
    const first = rank.length;
    let last = a;
    for (let r = rank[a] + 1; waypoints && r < rank[b]; r += 1) {
      from.push(last);
      last = rank.length;
      to.push(last);
      rank.push(r); width.push(0); height.push(6);
    }
    if (rank[b] > rank[a]) { from.push(last); to.push(b); }
    chains.push(rank.length > first ? [first, rank.length - first] : null);
  }
  return { from, to, chains };
}

// The mean of what the neighbours of an item have, or its own where it has none.
function mean({ start, ends }, i, of) {
  let sum = 0;
  for (let k = start[i]; k < start[i + 1]; k += 1) sum += of[ends[k]];
  return start[i + 1] > start[i] ? sum / (start[i + 1] - start[i]) : of[i];
}

// Barycentre heuristic: each layer in the order of the mean position of its neighbours.
function orderLayers(layers, before, after, sweeps) {
  const total = before.start.length - 1;
  const place = new Float64Array(total), key = new Float64Array(total);
  const number = (layer) => { for (let k = 0; k < layer.length; k += 1) place[layer[k]] = k; };
  layers.forEach(number);
  for (let s = 0; s < sweeps; s += 1) {
    const down = s % 2 === 0, near = down ? before : after;
    for (let k = 0; k < layers.length; k += 1) {
      const layer = layers[down ? k : layers.length - 1 - k];
      if (layer.length < 2) continue;
      for (const i of layer) key[i] = mean(near, i, place);
      layer.sort((a, b) => key[a] - key[b] || place[a] - place[b]);
      number(layer);
    }
  }
}

// Centres across the layers: as near to the neighbours' mean as the order and the sizes allow.
function placeAcross(layers, height, before, after, sweeps) {
  const total = height.length;
  const y = new Float64Array(total), wanted = new Float64Array(total);
  const stack = { sum: new Float64Array(total), count: new Int32Array(total) };
  for (const layer of layers) {
    let at = 0;
    for (const i of layer) { y[i] = at + height[i] / 2; at += height[i] + GAP_Y; }
    for (const i of layer) y[i] -= at / 2;
  }
  for (let s = 0; s <= sweeps; s += 1) {
    const down = s % 2 === 1;
    for (let k = 0; k < layers.length; k += 1) {
      const layer = layers[down ? k : layers.length - 1 - k];
      for (const i of layer) {
        wanted[i] = s === sweeps ? (mean(before, i, y) + mean(after, i, y)) / 2 : mean(down ? before : after, i, y);
      }
      settle(layer, wanted, height, y, stack);
    }
  }
  return y;
}

// Least squares under "one below the other with a gap": pool adjacent violators, one pass.
function settle(layer, wanted, height, y, { sum, count }) {
  let offset = 0, top = 0; // `top` blocks are on the stack
  for (let k = 0; k < layer.length; k += 1) {
    if (k) offset += (height[layer[k - 1]] + height[layer[k]]) / 2 + GAP_Y;
    sum[top] = wanted[layer[k]] - offset;
    count[top] = 1;
    while (top > 0 && sum[top - 1] / count[top - 1] > sum[top] / count[top]) {
      sum[top - 1] += sum[top];
      count[top - 1] += count[top];
      top -= 1;
    }
    top += 1;
  }
  offset = 0;
  for (let b = 0, k = 0; b < top; b += 1) {
    for (let c = 0; c < count[b]; c += 1, k += 1) {
      if (k) offset += (height[layer[k - 1]] + height[layer[k]]) / 2 + GAP_Y;
      y[layer[k]] = sum[b] / count[b] + offset;
    }
  }
}
