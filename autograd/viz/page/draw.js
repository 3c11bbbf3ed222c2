// Drawing: the scene on a canvas, and the same scene as SVG.

import { gradientAt, isComputed, isTuple, moduleTitle, nodeTitle, shapeOf } from "./data.js";
import { brief, isScalar } from "./numbers.js";

const FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";
const TEXT_FROM = 0.3; // below this scale text cannot be read and is left out

export function readTheme() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (name) => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };
  const theme = Object.fromEntries([
    "paper", "panel", "line", "ink", "soft", "op", "op-line", "leaf", "leaf-line", "constant", "constant-line", "output",
    "output-line", "module", "module-line", "inside", "edge", "gradient", "now", "bad", "focus", "down", "up",
  ].map((name) => [name, read(name)]));
  probe.remove();
  return theme;
}

const measure = document.createElement("canvas").getContext("2d");
const widths = new Map();

function textWidth(text, bold, exact) {
  if (!exact || text.length > 60) return text.length * 7.2;
  const key = (bold ? "b" : "n") + text;
  if (!widths.has(key)) {
    measure.font = `${bold ? "600 " : ""}12px ${FONT}`;
    widths.set(key, measure.measureText(text).width);
  }
  return widths.get(key);
}

export function shorten(text, most = 34) {
  return text.length <= most ? text : text.slice(0, most - 14) + "…" + text.slice(-13);
}

export function nodeSizer(model) {
  const lines = model.hasBackward ? 3 : 2;
  const exact = model.nodes.length < 2000; // measuring takes a tenth of the time in which a large page opens
  return (n) => {
    const rows = n.kind === "constant" || isTuple(n) ? (isBareNumber(n) ? 1 : 2) : lines;
    const wide = Math.max(textWidth(shorten(nodeTitle(n)), true, exact), numbersWidth(n, rows === 3, exact));
    return { w: Math.max(74, wide + 20), h: 12 + rows * 16 };
  };
}

// Room for the value and the gradient, also while some of its contributions are still to come.
function numbersWidth(n, withGradient, exact) {
  if (isTuple(n)) return textWidth(shapeOf(n), false, exact);
  const shape = { shape: n.shape };
  let wide = textWidth(`value ${brief(n.value ?? shape)}`, false, exact);
  if (withGradient) {
    const shown = [n.grad ?? shape, ...n.arriving.slice(0, 6).map((e) => e.total)];
    const part = n.arriving.length > 1 ? ` (1/${n.arriving.length})` : "";
    for (const s of shown) wide = Math.max(wide, textWidth(`grad ${brief(s)}${part}`, false, exact));
  }
  return wide;
}

export function moduleSizer(model) {
  return (m) => ({
    w: Math.max(110, textWidth(shorten(moduleTitle(m)), true, true) + 44,
      m.last === null ? 0 : numbersWidth(m.last, model.hasBackward, true) + 20),
    h: model.hasBackward ? 60 : 46,
  });
}

function kindOf(n) {
  if (n.output) return "output";
  if (n.kind === "parameter" || n.kind === "leaf") return "leaf";
  return n.kind === "constant" ? "constant" : "op";
}

// What a box says and how it looks after `done` steps; the same for canvas and SVG.
export function describeBox(model, scene, box, done) {
  if (box.id >= scene.N) return describeModule(model, box.id - scene.N, done);
  const n = model.nodes[box.id];
  const computed = isComputed(n, done);
  const lines = [{ text: shorten(nodeTitle(n)), bold: true, tone: "ink" }];
  if (!isBareNumber(n)) lines.push(valueLine(n, computed));
  let gradient = null;
  if (model.hasBackward && n.kind !== "constant" && !isTuple(n)) {
    gradient = gradientAt(model, n, done);
    lines.push(gradientLine(n, gradient));
  }
  return { kind: kindOf(n), lines, computed, gradient: gradient !== null && gradient.summary !== null,
    partial: gradient !== null && gradient.summary !== null && !gradient.whole, marked: n.marks.length > 0, share: 1 };
}

// A constant whose title is its value.
const isBareNumber = (n) => n.kind === "constant" && n.name === null && isScalar(n.value);

function valueLine(n, computed) {
  if (!computed) return { text: "value —", tone: "soft" };
  if (isTuple(n)) return { text: shapeOf(n), tone: "ink" };
  const unknown = n.shape.length ? shapeOf(n) : "?";
  return { text: `value ${n.value ? brief(n.value) : unknown}`, tone: "ink" };
}

function gradientLine(n, gradient) {
  const part = gradient.whole || !gradient.summary ? "" : ` (${gradient.arrived}/${gradient.all})`;
  const none = n.grad === null && n.backward < 0 && !n.arriving.length;
  return { text: none ? "no gradient" : `grad ${brief(gradient.summary)}${part}`,
    tone: gradient.summary ? "gradient" : "soft" };
}

// A closed module looks like the last of its operations.
function describeModule(model, id, done) {
  const m = model.modules[id];
  let all = 0, forward = 0, backwardAll = 0, backward = 0, marked = false;
  for (const n of nodesIn(model, id)) {
    marked ||= n.marks.length > 0;
    if (n.forward >= 0) { all += 1; forward += n.forward < done ? 1 : 0; }
    if (n.backward >= 0) { backwardAll += 1; backward += n.backward < done ? 1 : 0; }
  }
  const lines = [{ text: "⊞ " + shorten(moduleTitle(m)), bold: true, tone: "ink" }];
  if (m.last !== null) {
    lines.push(valueLine(m.last, forward === all));
    if (model.hasBackward) lines.push(gradientLine(m.last, gradientAt(model, m.last, done)));
  }
  return { kind: "module", lines, computed: forward === all, gradient: backwardAll > 0 && backward === backwardAll,
    partial: backward > 0 && backward < backwardAll, marked, share: all ? forward / all : 1 };
}

export function nodesIn(model, id) {
  const found = [], stack = [id];
  while (stack.length) {
    const m = model.modules[stack.pop()];
    for (const n of m.nodes) found.push(model.nodes[n]);
    stack.push(...m.children);
  }
  return found;
}

// Which boxes and wires the step that was just done is about.
export function currentOf(model, scene, done) {
  const step = done > 0 ? model.steps[done - 1] : null;
  if (!step) return { box: null, wires: new Set(), phase: null };
  const box = scene.boxOf[step.node];
  const wires = new Set();
  for (const w of scene.wires) {
    const goes = step.phase === "forward" ? w.to === box
      : w.edges.some((e) => model.edges[e].step >= 0 && model.edges[e].step < done) && w.to === box;
    if (goes) wires.add(w);
  }
  return { box, wires, phase: step.phase };
}

function curve(path, points) {
  path.moveTo(points[0][0], points[0][1]);
  for (let i = 1; i < points.length; i += 1) {
    const [ax, ay] = points[i - 1], [bx, by, line] = points[i];
    if (line) { path.lineTo(bx, by); continue; }
    const bend = Math.max(12, (bx - ax) / 2);
    path.bezierCurveTo(ax + bend, ay, bx - bend, by, bx, by);
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
  if (readable) for (const b of boxes) paintBox(context, state, b, now);
  else paintSmall(context, state, boxes);
  if (readable && now.phase === "backward") for (const w of now.wires) paintContribution(context, model, theme, w);
  const ring = (id, colour, wide) => {
    const b = scene.byId.get(id);
    if (!b) return;
    const grow = 4 / Math.max(scale, 0.3);
    context.lineWidth = wide / Math.max(scale, 0.05);
    context.strokeStyle = colour;
    context.strokeRect(b.x - grow, b.y - grow, b.w + 2 * grow, b.h + 2 * grow);
  };
  if (now.box !== null) ring(now.box, theme.now, 3);
  for (const id of found) ring(id, theme.now, 1.5);
  if (selected !== null) ring(selected, theme.focus, 2);
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
      context.font = `600 13px ${FONT}`;
      context.fillStyle = theme["module-line"];
      context.textAlign = "left";
      context.fillText(`⊟ ${moduleTitle(m)}`, f.x + 12, f.y + 20);
    }
  }
}

// Wires in few strokes: one for each look. Those that are too short to be seen are left out.
function paintWires(context, { model, scene, theme, view, done }, now, [left, top, right, bottom], readable) {
  const looks = { dim: new Path2D(), plain: new Path2D(), back: new Path2D(), now: new Path2D() };
  const { scale } = view;
  const lit = [];
  for (const w of scene.wires) {
    const a = w.points[0], b = w.points[w.points.length - 1];
    let low = Math.min(a[1], b[1]), high = Math.max(a[1], b[1]);
    if (w.points.length > 2) for (const p of w.points) { low = Math.min(low, p[1]); high = Math.max(high, p[1]); }
    if (b[0] > a[0] && (a[0] > right || b[0] < left)) continue;
    if (low > bottom || high < top) continue;
    const isNow = now.wires.has(w);
    let look = "dim";
    const e = model.edges[w.edges[0]];
    if (isNow) look = "now";
    else if (e.step >= 0 && e.step < done) look = "back";
    else if (isComputed(model.nodes[e.from], done)) look = "plain";
    if (readable) {
      curve(looks[look], w.points);
      if (look !== "dim") lit.push([w, look]);
    } else if (isNow || (Math.abs(b[0] - a[0]) + Math.abs(b[1] - a[1])) * scale > 1.5) {
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
  context.globalAlpha = 0.45;
  stroke("dim", theme.edge, 1.2);
  context.globalAlpha = 1;
  stroke("plain", theme.edge, 1.6);
  stroke("back", theme.gradient, 1.6);
  stroke("now", theme.now, 3.5);
  if (!readable) return;
  for (const [w, look] of lit) {
    const backward = look === "back" || (look === "now" && now.phase === "backward");
    const n = w.points.length;
    arrow(context, backward ? w.points[0] : w.points[n - 1], backward ? -1 : 1,
      look === "now" ? theme.now : backward ? theme.gradient : theme.edge);
  }
}

function arrow(context, [x, y], direction, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - 9 * direction, y - 5);
  context.lineTo(x - 9 * direction, y + 5);
  context.fill();
}

function paintContribution(context, model, theme, w) {
  const sent = w.edges.map((e) => model.edges[e]).filter((e) => e.contribution && model.nodes[e.from].shape.length === 0);
  if (sent.length !== 1) return;
  const text = "+ " + brief(sent[0].contribution);
  const [ax, ay] = w.points[0], [bx, by] = w.points[1];
  const x = (ax + bx) / 2, y = (ay + by) / 2;
  context.font = `600 12px ${FONT}`;
  context.textAlign = "center";
  context.lineWidth = 5;
  context.strokeStyle = theme.paper;
  context.strokeText(text, x, y - 7);
  context.fillStyle = theme.gradient;
  context.fillText(text, x, y - 7);
}

function paintBox(context, { model, scene, theme, done }, box, now) {
  const d = describeBox(model, scene, box, done);
  const { x, y, w, h } = box;
  context.beginPath();
  context.roundRect(x, y, w, h, d.kind === "constant" ? 3 : 9);
  if (d.kind === "module") {
    context.fillStyle = theme.panel;
    context.fill();
    context.save();
    context.clip();
    context.fillStyle = theme.module;
    context.fillRect(x, y, w * d.share, h);
    context.restore();
    context.beginPath();
    context.roundRect(x, y, w, h, 9);
  } else {
    context.fillStyle = d.computed ? theme[d.kind] : theme.panel;
    context.fill();
  }
  context.setLineDash(d.computed ? [] : [5, 4]);
  context.lineWidth = d.marked ? 3 : d.kind === "output" ? 2.5 : 1.5;
  context.strokeStyle = d.marked ? theme.bad : d.computed ? theme[`${d.kind}-line`] : theme.edge;
  context.stroke();
  context.setLineDash([]);
  if (d.gradient || d.partial) { // a band below: the gradient is there, or some of it
    context.fillStyle = theme.gradient;
    context.fillRect(x + 8, y + h - 4, d.partial ? (w - 16) / 2 : w - 16, 2.5);
  }
  context.textAlign = "center";
  d.lines.forEach((line, i) => {
    context.font = `${line.bold ? "600 " : ""}12px ${FONT}`;
    context.fillStyle = theme[line.tone];
    context.fillText(line.text, x + w / 2, y + 18 + i * 16);
  });
  if (d.marked) {
    context.fillStyle = theme.bad;
    context.font = `700 13px ${FONT}`;
    context.fillText("⚠", x + w - 9, y + 5);
  }
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
      else if (n.backward >= 0 && n.backward < done) colour = theme.gradient;
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

// The whole picture as SVG text, as it stands after `done` steps.
export function toSvg({ model, scene, theme, done }) {
  const space = "http://www.w3.org/2000/svg";
  const make = (name, attributes, parent) => {
    const made = document.createElementNS(space, name);
    for (const [k, v] of Object.entries(attributes)) made.setAttribute(k, v);
    parent.append(made);
    return made;
  };
  const m = 20;
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", `${-m} ${-m} ${scene.width + 2 * m} ${scene.height + 2 * m}`);
  svg.setAttribute("width", scene.width + 2 * m);
  svg.setAttribute("height", scene.height + 2 * m);
  svg.setAttribute("font-family", FONT);
  make("title", {}, svg).textContent = model.about.title;
  make("rect", { x: -m, y: -m, width: scene.width + 2 * m, height: scene.height + 2 * m, fill: theme.paper }, svg);
  for (const f of scene.frames) {
    const module = model.modules[f.id - scene.N];
    make("rect", { x: f.x, y: f.y, width: f.w, height: f.h, rx: 12, fill: theme.inside, stroke: theme.line,
      "stroke-dasharray": module.repeat ? "7 5" : "none" }, svg);
    make("text", { x: f.x + 12, y: f.y + 20, "font-size": 13, "font-weight": 600, fill: theme["module-line"] }, svg)
      .textContent = moduleTitle(module);
  }
  for (const w of scene.wires) {
    const path = { d: "", moveTo(x, y) { this.d += `M${x} ${y}`; }, lineTo(x, y) { this.d += `L${x} ${y}`; },
      bezierCurveTo(...p) { this.d += `C${p.map((v) => v.toFixed(1)).join(" ")}`; } };
    curve(path, w.points);
    const e = model.edges[w.edges[0]];
    const back = e.step >= 0 && e.step < done;
    make("path", { d: path.d, fill: "none", stroke: back ? theme.gradient : theme.edge, "stroke-width": 1.5 }, svg);
  }
  for (const box of scene.boxes) {
    const d = describeBox(model, scene, box, done);
    make("rect", { x: box.x, y: box.y, width: box.w, height: box.h, rx: d.kind === "constant" ? 3 : 9,
      fill: d.computed ? theme[d.kind] : theme.panel, stroke: d.marked ? theme.bad : theme[`${d.kind}-line`],
      "stroke-width": d.marked ? 3 : 1.5, "stroke-dasharray": d.computed ? "none" : "5 4" }, svg);
    d.lines.forEach((line, i) => {
      make("text", { x: box.x + box.w / 2, y: box.y + 18 + i * 16, "text-anchor": "middle", "font-size": 12,
        "font-weight": line.bold ? 600 : 400, fill: theme[line.tone] }, svg).textContent = line.text;
    });
  }
  return new XMLSerializer().serializeToString(svg);
}
