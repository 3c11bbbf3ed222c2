// The scene on a canvas.

import { gradientState, isComputed } from "./data.js";
import { cellsOf, contributionOf, currentOf, describeBox, FONT, hasPicture, kindOf, LINE, lookOf, placesIn,
  SIDE } from "./boxes.js";
import { moduleTitle } from "./words.js";

const TEXT_FROM = 0.3; // below this scale text cannot be read and is left out

export function readTheme() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (name) => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };
  const theme = Object.fromEntries([
    "paper", "panel", "line", "ink", "soft", "op", "op-line", "leaf", "leaf-line", "constant", "constant-line", "output",
    "output-line", "module", "module-line", "inside", "edge", "gradient", "now", "bad", "bad-fill", "focus", "down", "up",
  ].map((name) => [name, read(name)]));
  probe.remove();
  theme.pictures = new Map();
  return theme;
}

// A wire: curves between points, and straight lines with round corners to those whose third number says so.
export function curve(path, points) {
  path.moveTo(points[0][0], points[0][1]);
  for (let i = 1; i < points.length; i += 1) {
    const [ax, ay] = points[i - 1], [bx, by, line] = points[i], next = points[i + 1];
    if (!line) {
      const bend = Math.max(12, (bx - ax) / 2);
      path.bezierCurveTo(ax + bend, ay, bx - bend, by, bx, by);
    } else if (!next?.[2]) {
      path.lineTo(bx, by);
    } else {
      const r = Math.min(9, Math.hypot(bx - ax, by - ay) / 2, Math.hypot(next[0] - bx, next[1] - by) / 2);
      path.lineTo(bx - Math.sign(bx - ax) * r, by - Math.sign(by - ay) * r);
      path.quadraticCurveTo(bx, by, bx + Math.sign(next[0] - bx) * r, by + Math.sign(next[1] - by) * r);
    }
  }
}

export function paint(context, state) {
  const { model, scene, theme, view, done, selected, found, width, height, ratio } = state;
  const { scale } = view;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = theme.paper;
  context.fillRect(0, 0, width * ratio, height * ratio);
  context.setTransform(scale * ratio, 0, 0, scale * ratio, view.x * ratio, view.y * ratio);
  const left = -view.x / scale, top = -view.y / scale, right = left + width / scale, bottom = top + height / scale;
  const visible = (b) => b.x < right && b.x + b.w > left && b.y < bottom && b.y + b.h > top;
  const readable = scale >= TEXT_FROM;
  paintFrames(context, state, scene.frames.filter(visible), readable);
  const now = currentOf(model, scene, done);
  paintWires(context, state, now, [left, top, right, bottom], readable);
  const boxes = scene.boxes.filter(visible);
  const ring = (id, colour, wide) => {
    const b = scene.byId.get(id);
    if (!b) return;
    const grow = 4 / Math.max(scale, 0.3);
    context.lineWidth = wide / Math.max(scale, 0.05);
    context.strokeStyle = colour;
    context.beginPath();
    context.roundRect(b.x - grow, b.y - grow, b.w + 2 * grow, b.h + 2 * grow, 9 + grow);
    context.stroke();
  };
  if (readable) for (const b of boxes) paintBox(context, state, b);
  else paintSmall(context, state, boxes);
  if (now.box !== null) ring(now.box, theme.now, 4);
  for (const id of found) ring(id, theme.now, 1.5);
  if (selected !== null) ring(selected, theme.focus, 2.5);
  if (readable && now.phase === "backward") for (const w of now.wires) paintContribution(context, model, theme, w);
}

function paintFrames(context, { model, scene, theme, selected }, frames, readable) {
  for (const f of frames) {
    const m = model.modules[f.id - scene.N];
    context.beginPath();
    context.roundRect(f.x, f.y, f.w, f.h, 12);
    context.fillStyle = theme.inside;
    context.fill();
    context.setLineDash(m.repeat ? [7, 5] : []);
    context.strokeStyle = f.id === selected ? theme.focus : m.repeat ? theme["module-line"] : theme.line;
    context.lineWidth = f.id === selected ? 3 : 1.5;
    context.stroke();
    context.setLineDash([]);
    if (readable) {
      context.font = `600 14px ${FONT}`;
      context.fillStyle = theme["module-line"];
      context.textAlign = "left";
      context.fillText(`⊟ ${moduleTitle(m)}`, f.x + 12, f.y + 21);
    }
  }
}

// Wires in few strokes: one for each look. Those that are too short to be seen are left out.
function paintWires(context, { model, scene, theme, view, done }, now, [left, top, right, bottom], readable) {
  const looks = { dim: new Path2D(), plain: new Path2D(), back: new Path2D(), now: new Path2D(), bad: new Path2D() };
  const { scale } = view;
  const lit = [];
  for (const w of scene.wires) {
    const a = w.points[0], b = w.points[w.points.length - 1];
    let low = Math.min(a[1], b[1]), high = Math.max(a[1], b[1]);
    if (w.points.length > 2) for (const p of w.points) { low = Math.min(low, p[1]); high = Math.max(high, p[1]); }
    if (b[0] > a[0] && (a[0] > right || b[0] < left)) continue;
    if (low > bottom || high < top) continue;
    const look = now.wires.has(w) ? "now" : lookOf(model, w, done);
    if (readable) {
      curve(looks[look], w.points);
      if (look !== "dim") lit.push([w, look]);
    } else if (look === "now" || look === "bad" || (Math.abs(b[0] - a[0]) + Math.abs(b[1] - a[1])) * scale > 1.5) {
      looks[look].moveTo(a[0], a[1]);
      if (b[0] < a[0]) for (const p of w.points) looks[look].lineTo(p[0], p[1]);
      else looks[look].lineTo(b[0], b[1]);
    }
  }
  const thin = 1 / Math.max(scale, 0.05);
  const stroke = (look, colour, wide) => {
    context.strokeStyle = colour;
    context.lineWidth = readable ? wide : thin * Math.min(wide, 1.6);
    context.stroke(looks[look]);
  };
  context.globalAlpha = 0.55;
  stroke("dim", theme.edge, 1.4);
  context.globalAlpha = 1;
  stroke("plain", theme.edge, 1.8);
  stroke("back", theme.gradient, 1.8);
  stroke("bad", theme.bad, 5);
  stroke("now", theme.now, 4);
  if (!readable) return;
  const colours = { now: theme.now, back: theme.gradient, bad: theme.bad, plain: theme.edge };
  for (const [w, look] of lit) {
    const e = model.edges[w.edges[0]];
    const backward = { back: true, now: now.phase === "backward", bad: e.step >= 0 && e.step < done }[look] ?? false;
    const size = look === "now" || look === "bad" ? 1.3 : 1;
    arrow(context, backward ? w.points[0] : w.points.at(-1), backward ? -1 : 1, colours[look], size);
  }
}

function arrow(context, [x, y], direction, colour, size) {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - 10 * size * direction, y - 5.5 * size);
  context.lineTo(x - 10 * size * direction, y + 5.5 * size);
  context.fill();
}

// A label in the middle of a wire: what it adds to the gradient.
function paintContribution(context, model, theme, w) {
  const text = contributionOf(model, w);
  if (text === null) return;
  let k = 0; // on the longest piece
  const length = (i) => Math.hypot(w.points[i + 1][0] - w.points[i][0], w.points[i + 1][1] - w.points[i][1]);
  for (let i = 1; i < w.points.length - 1; i += 1) if (length(i) > length(k)) k = i;
  const [ax, ay] = w.points[k], [bx, by] = w.points[k + 1];
  const x = (ax + bx) / 2, y = (ay + by) / 2;
  context.font = `600 13px ${FONT}`;
  context.textAlign = "center";
  const wide = context.measureText(text).width + 12;
  context.beginPath();
  context.roundRect(x - wide / 2, y - 11, wide, 22, 11);
  context.fillStyle = theme.panel;
  context.fill();
  context.strokeStyle = theme.gradient;
  context.lineWidth = 1.5;
  context.stroke();
  context.fillStyle = theme.gradient;
  context.fillText(text, x, y + 5);
}

function paintBox(context, { model, scene, theme, done }, box) {
  const d = describeBox(model, scene, box, done);
  const { x, y, w, h } = box;
  const corner = d.kind === "constant" ? 3 : 9;
  context.beginPath();
  context.roundRect(x, y, w, h, corner);
  if (d.kind === "module" && d.share < 1) { // filled as far as it is computed
    context.fillStyle = theme.panel;
    context.fill();
    context.save();
    context.clip();
    context.fillStyle = theme.module;
    context.fillRect(x, y, w * d.share, h);
    context.restore();
    context.beginPath();
    context.roundRect(x, y, w, h, corner);
  } else {
    context.fillStyle = !d.computed ? theme.panel : d.origin ? theme["bad-fill"] : theme[d.kind];
    context.fill();
  }
  context.setLineDash(d.computed ? [] : [5, 4]);
  context.lineWidth = d.marked ? 3 : d.kind === "output" ? 2.5 : 1.5;
  context.strokeStyle = d.marked ? theme.bad : d.computed ? theme[`${d.kind}-line`] : theme.edge;
  context.stroke();
  context.setLineDash([]);
  if (d.gradient || d.partial) { // a band below: the gradient is there, or some of it
    context.fillStyle = theme.gradient;
    context.fillRect(x + 9, y + h - 4.5, d.partial ? (w - 18) / 2 : w - 18, 3);
  }
  context.textAlign = "center";
  const at = placesIn(box, d.pictures);
  d.lines.forEach((line, i) => {
    context.font = `${line.bold ? "600 " : ""}13px ${FONT}`;
    context.fillStyle = theme[line.tone];
    context.fillText(line.text, i ? at.text : at.middle, y + 19 + i * LINE);
  });
  d.pictures.forEach((s, i) => { if (hasPicture(s)) paintPicture(context, theme, s, at.pictures[i], at.top); });
  if (d.marked) badge(context, theme, x + w - 3, y + 3);
}

function badge(context, theme, x, y) {
  context.beginPath();
  context.arc(x, y, 10, 0, 7);
  context.fillStyle = theme.bad;
  context.fill();
  context.fillStyle = theme.panel;
  context.font = `700 14px ${FONT}`;
  context.fillText("!", x, y + 5);
}

// A heat-map in a box: one pixel a cell, drawn once and enlarged.
function paintPicture(context, theme, s, x, y) {
  if (!theme.pictures.has(s)) {
    const cells = cellsOf(s), made = document.createElement("canvas");
    made.width = cells[0].length;
    made.height = cells.length;
    const inside = made.getContext("2d");
    const most = cells.flat().reduce((a, v) => (Number.isFinite(v) ? Math.max(a, Math.abs(v)) : a), 0);
    cells.forEach((row, i) => row.forEach((v, j) => {
      const odd = typeof v !== "number" || !Number.isFinite(v);
      inside.globalAlpha = odd ? 1 : most > 0 ? Math.sqrt(Math.abs(v) / most) : 0;
      inside.fillStyle = odd ? theme.bad : v < 0 ? theme.down : theme.up;
      inside.fillRect(j, i, 1, 1);
    }));
    theme.pictures.set(s, made);
  }
  context.fillStyle = theme.panel;
  context.fillRect(x, y, SIDE, SIDE);
  context.imageSmoothingEnabled = false;
  context.drawImage(theme.pictures.get(s), x, y, SIDE, SIDE);
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.strokeRect(x, y, SIDE, SIDE);
}

function paintSmall(context, { model, scene, theme, done }, boxes) {
  const batches = new Map();
  for (const b of boxes) {
    let colour;
    if (b.id >= scene.N) {
      colour = theme["module-line"];
    } else {
      const n = model.nodes[b.id];
      if (n.marks.length) colour = theme.bad;
      else if (!isComputed(n, done)) colour = theme.line;
      else if (gradientState(model, n, done) !== "none" && done > model.turn) colour = theme.gradient;
      else colour = theme[`${kindOf(n)}-line`];
    }
    if (!batches.has(colour)) batches.set(colour, []);
    batches.get(colour).push(b);
  }
  for (const [colour, list] of batches) {
    context.fillStyle = colour;
    for (const b of list) context.fillRect(b.x, b.y, b.w, b.h);
  }
}
