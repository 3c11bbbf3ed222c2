// What a box of the picture says, how large it is, and how it looks after so many steps; the same for canvas and SVG.

import { gradientAt, isComputed, isNumber, isTuple, nodesIn, shapeOf } from "./data.js";
import { brief, formatNumber, formatShape, isScalar, normOf } from "./numbers.js";
import { moduleTitle, nodeTitle } from "./words.js";

export const FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";
export const LINE = 18, SIDE = 34; // height of a line, side of a small heat-map

const measure = document.createElement("canvas").getContext("2d");
const widths = new Map();

function textWidth(text, bold, exact) {
  if (!exact || text.length > 60) return text.length * 7.6;
  const key = (bold ? "b" : "n") + text;
  if (!widths.has(key)) {
    measure.font = `${bold ? "600 " : ""}13px ${FONT}`;
    widths.set(key, measure.measureText(text).width);
  }
  return widths.get(key);
}

export function shorten(text, most = 34) {
  return text.length <= most ? text : text.slice(0, most - 14) + "…" + text.slice(-13);
}

export function nodeSizer(model) {
  const exact = model.nodes.length < 2000; // measuring takes a tenth of the time in which a large page opens
  return (n) => {
    if (!exact && !n.name && isNumber(n)) return PLAIN; // most boxes of most large graphs
    const rows = rowsOf(model, n);
    const title = textWidth(shorten(nodeTitle(model, n)), true, exact);
    return { w: Math.max(74, Math.max(title, numbersWidth(model, n, rows === 3, exact)) + 22), h: 12 + rows * LINE };
  };
}

const PLAIN = { w: 110, h: 12 + 3 * LINE };

function rowsOf(model, n) {
  if (isBareNumber(n)) return 1;
  return isTuple(n) || ((n.kind === "constant" || !model.hasBackward) && !hasPicture(n.value)) ? 2 : 3;
}

// Room for the value and the gradient, also while some of its contributions are still to come, and for their pictures.
function numbersWidth(model, n, withGradient, exact) {
  if (!exact) return isNumber(n) ? 84 : textWidth(shapeOf(n), false, false);
  let wide = textWidth(valueText(n), false, exact);
  if (withGradient) {
    const part = n.arriving.length > 1 ? ` (1/${n.arriving.length})` : "";
    for (const s of [n.grad, ...n.arriving.slice(0, 6).map((e) => e.total)]) {
      wide = Math.max(wide, textWidth(gradientText(s) + part, false, exact));
    }
  }
  return wide + (hasPicture(n.value) ? SIDE + 8 : 0) + (withGradient && hasPicture(n.grad) ? SIDE + 8 : 0);
}

export const hasPicture = (s) => s !== null && (s.grid !== undefined || (s.values !== undefined && s.values.length > 1));

// The rows and columns of a small picture.
export function cellsOf(s) {
  if (s.grid) return s.grid;
  const across = s.shape.at(-1) > 1 || s.shape.length < 2 ? s.shape.at(-1) : s.values.length;
  const rows = [];
  for (let i = 0; i < s.values.length; i += across) rows.push(s.values.slice(i, i + across));
  return rows;
}

export function moduleSizer(model) {
  return (m) => {
    const wide = Math.max(textWidth(shorten(moduleTitle(m)), true, true) + 24,
      m.last === null ? 0 : numbersWidth(model, m.last, model.hasBackward, true));
    return { w: Math.max(110, wide + 22), h: 12 + 3 * LINE };
  };
}

export function kindOf(n) {
  if (n.output) return "output";
  if (n.kind === "parameter" || n.kind === "leaf") return "leaf";
  return n.kind === "constant" ? "constant" : "op";
}

// {kind, lines, computed, gradient, partial, marked, origin, share, pictures} of a box after `done` steps.
export function describeBox(model, scene, box, done) {
  if (box.id >= scene.N) return describeModule(model, box.id - scene.N, done);
  const n = model.nodes[box.id];
  const computed = isComputed(n, done);
  const lines = [{ text: shorten(nodeTitle(model, n)), bold: true, tone: "ink" }];
  if (!isBareNumber(n)) lines.push(valueLine(n, computed));
  let gradient = null;
  if (model.hasBackward && n.kind !== "constant" && !isTuple(n)) {
    gradient = gradientAt(model, n, done);
    lines.push(gradientLine(n, gradient));
  }
  return {
    kind: kindOf(n), lines, computed, gradient: gradient !== null && gradient.summary !== null,
    partial: gradient !== null && gradient.summary !== null && !gradient.whole, marked: n.marks.length > 0,
    origin: model.about.fault?.node === n.id, share: 1,
    pictures: [computed ? n.value : null, gradient?.summary ?? null],
  };
}

// A constant whose title is its value.
const isBareNumber = (n) => n.kind === "constant" && n.name === null && isScalar(n.value);

const valueText = (n) => (n.value && isScalar(n.value) ? `value ${brief(n.value)}` : isNumber(n) ? "value ?" : shapeOf(n));

const gradientText = (s) => (s === null ? "grad —" : isScalar(s) ? `grad ${brief(s)}`
  : s.nan ? "grad NaN" : s.inf ? "grad ∞" : `‖grad‖ ${formatNumber(normOf(s))}`);

function valueLine(n, computed) {
  if (computed) return { text: valueText(n), tone: "ink" };
  return { text: isNumber(n) || isTuple(n) ? "value —" : formatShape(n.shape), tone: "soft" };
}

function gradientLine(n, gradient) {
  const part = gradient.whole || !gradient.summary ? "" : ` (${gradient.arrived}/${gradient.all})`;
  const none = n.gradAt < 0 && n.backward < 0 && !n.arriving.length;
  const text = none ? "no gradient" : gradientText(gradient.summary) + part;
  return { text, tone: gradient.summary ? "gradient" : "soft" };
}

// A closed module looks like the last of its operations.
function describeModule(model, id, done) {
  const m = model.modules[id];
  let all = 0, forward = 0, backwardAll = 0, backward = 0, marked = false, origin = false;
  for (const n of nodesIn(model, id)) {
    marked ||= n.marks.length > 0;
    origin ||= model.about.fault?.node === n.id;
    if (n.forward >= 0) { all += 1; forward += n.forward < done ? 1 : 0; }
    if (n.backward >= 0) { backwardAll += 1; backward += n.backward < done ? 1 : 0; }
  }
  const lines = [{ text: "⊞ " + shorten(moduleTitle(m)), bold: true, tone: "ink" }], pictures = [null, null];
  if (m.last !== null) {
    lines.push(valueLine(m.last, forward === all));
    pictures[0] = forward === all ? m.last.value : null;
    if (model.hasBackward) {
      const g = gradientAt(model, m.last, done);
      lines.push(gradientLine(m.last, g));
      pictures[1] = g.summary;
    }
  }
  return { kind: "module", lines, computed: forward === all, gradient: backwardAll > 0 && backward === backwardAll,
    partial: backward > 0 && backward < backwardAll, marked, origin, share: all ? forward / all : 1, pictures };
}

// Where the lines and pictures stand in a box: the middle of the text, and the left edges of the pictures.
export function placesIn(box, pictures) {
  const left = hasPicture(pictures[0]) ? SIDE + 8 : 0, right = hasPicture(pictures[1]) ? SIDE + 8 : 0;
  return { middle: box.x + box.w / 2, text: box.x + left + (box.w - left - right) / 2,
    pictures: [box.x + 9, box.x + box.w - 9 - SIDE], top: box.y + 10 + LINE };
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

// How a wire looks after `done` steps.
export function lookOf(model, w, done) {
  const e = model.edges[w.edges[0]];
  const fault = model.about.fault;
  if (fault && w.edges.some((k) => model.edges[k].bad)) {
    const there = fault.phase === "forward" ? isComputed(model.nodes[e.to], done) : e.step >= 0 && e.step < done;
    if (there) return "bad";
  }
  if (e.step >= 0 && e.step < done) return "back";
  return isComputed(model.nodes[e.from], done) ? "plain" : "dim";
}

// What a wire hands back in the step, in a few characters: for numbers.
export function contributionOf(model, w) {
  const sent = w.edges.map((e) => model.edges[e]).filter((e) => isScalar(e.contribution));
  if (!sent.length || sent.some((e) => brief(e.contribution) !== brief(sent[0].contribution))) return null;
  return `+ ${brief(sent[0].contribution)}${sent.length > 1 ? ` × ${sent.length}` : ""}`;
}

