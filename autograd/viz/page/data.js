// The model that Python wrote in columns: nodes and edges, with summaries made when first looked at.

import { formatShape, readNumber, sizeOf } from "./numbers.js";

class GraphNode {
  constructor(columns, at, id) {
    const coded = (name) => columns[name].values[columns[name].codes[id]];
    const rare = (name, without) => columns[name][id] ?? without;
    this.at = at;
    this.id = id;
    this.kind = coded("kind");
    this.op = coded("op");
    this.label = coded("label");
    this.name = rare("name", null);
    this.short = columns.short[id] ?? this.label;
    this.text = columns.text ? columns.text[id] : null;
    this.output = rare("output", false);
    this.module = columns.module[id];
    this.source = coded("source");
    this.shape = coded("shape");
    this.dtype = coded("dtype");
    this.valueAt = columns.value ? columns.value[id] : -1;
    this.gradAt = columns.grad ? columns.grad[id] : -1;
    this.saved = coded("saved");
    this.options = coded("options");
    this.flops = rare("flops", 0);
    this.forward_ms = rare("forward_ms", null);
    this.backward_ms = rare("backward_ms", null);
    this.marks = rare("marks", NONE);
    this.forward = -1; // the numbers of its steps
    this.backward = -1;
    this.into = [];
    this.outof = [];
    this.arriving = NONE; // edges in the order in which contributions come
  }

  get value() { return this.at(this.valueAt); }

  get grad() { return this.at(this.gradAt); }
}

class GraphEdge {
  constructor(columns, at, id) {
    this.at = at;
    this.id = id;
    this.from = columns.from[id];
    this.to = columns.to[id];
    this.input = columns.input.values[columns.input.codes[id]];
    this.formula = columns.formula.values[columns.formula.codes[id]];
    this.columns = columns;
    this.step = -1;
    this.bad = false; // on the path of a NaN
  }

  get contribution() { return this.columns.contribution ? this.at(this.columns.contribution[this.id]) : null; }

  get local() { return this.columns.local ? this.at(this.columns.local[this.id]) : null; }

  get total() { return this.columns.total ? this.at(this.columns.total[this.id]) : null; }
}

const NONE = [];

// Summaries by number: `at(number)`, null for -1.
function reader({ forms, form, values, more }) {
  const starts = new Int32Array(form.length + 1), made = new Array(form.length);
  for (let i = 0; i < form.length; i += 1) starts[i + 1] = starts[i] + Math.max(0, forms[form[i]].size);
  const make = (i) => {
    const { shape, dtype, bytes, size } = forms[form[i]];
    const s = { shape, dtype, bytes, nan: 0, inf: 0, low: 0, ...more[i] };
    const exact = dtype === "float32" ? (v) => (typeof v === "number" ? Math.fround(v) : readNumber(v)) : readNumber;
    if (size >= 0) s.values = values.slice(starts[i], starts[i + 1]).map(exact);
    if (s.grid) s.grid = s.grid.map((row) => row.map(readNumber));
    for (const k of ["mean", "std", "norm", "min", "max"]) if (k in s) s[k] = readNumber(s[k]);
    return s;
  };
  return (i) => (i < 0 ? null : (made[i] ??= make(i)));
}

export function readModel(raw) {
  const at = reader(raw.pool), { modules, about } = raw;
  const nodes = new Array(raw.nodes.count), edges = new Array(raw.edges.count);
  for (let i = 0; i < nodes.length; i += 1) nodes[i] = new GraphNode(raw.nodes, at, i);
  for (let i = 0; i < edges.length; i += 1) {
    const e = edges[i] = new GraphEdge(raw.edges, at, i);
    nodes[e.to].into.push(e);
    nodes[e.from].outof.push(e);
  }
  for (const e of about.fault?.edges ?? []) edges[e].bad = true;
  for (const m of modules) { m.children = []; m.nodes = []; m.size = 0; m.last = null; }
  for (const m of modules) if (m.parent !== null) modules[m.parent].children.push(m.id);
  for (const n of nodes) {
    if (n.module !== null) modules[n.module].nodes.push(n.id);
    for (let m = n.module; m !== null; m = modules[m].parent) {
      modules[m].size += 1;
      if (isStep(n)) modules[m].last = n; // what a closed module looks like
    }
  }
  const steps = [];
  for (const n of nodes) {
    if (!isStep(n)) continue;
    n.forward = steps.length;
    steps.push({ phase: "forward", node: n.id, edges: NONE });
  }
  const turn = steps.length, back = raw.backward;
  for (let i = 0, k = 0; i < back.node.length; i += 1) {
    const sent = back.edges.slice(k, k + back.count[i]);
    k += back.count[i];
    nodes[back.node[i]].backward = steps.length;
    for (const e of sent) edges[e].step = steps.length;
    steps.push({ phase: "backward", node: back.node[i], edges: sent });
  }
  for (const n of nodes) {
    if (n.outof.length > 1) n.outof.sort((a, b) => a.step - b.step);
    n.arriving = n.outof.filter((e) => e.step >= 0);
  }
  return { nodes, edges, modules, about, steps, turn, hasBackward: back.node.length > 0, isSmall: turn <= 40 };
}

const isStep = (n) => n.kind === "op" || n.kind === "part";

// Whether a value is there after `done` steps. Parameters and inputs are given from the start.
export const isComputed = (n, done) => n.forward < done;

// The gradient that has gathered at a node after `done` steps, and how many of its contributions have arrived.
export function gradientAt(model, n, done) {
  const all = n.arriving.length;
  let k = 0;
  while (k < all && n.arriving[k].step < done) k += 1;
  if (n.output && done > model.turn && k === all) return { summary: n.grad, arrived: k, all, whole: true };
  if (k === 0) return { summary: null, arrived: 0, all, whole: false };
  if (k === all) return { summary: n.grad ?? n.arriving[k - 1].total, arrived: k, all, whole: true };
  return { summary: n.arriving[k - 1].total, arrived: k, all, whole: false };
}

// Whether a gradient has gathered there, all of it or some, without looking at it.
export function gradientState(model, n, done) {
  const { arriving } = n, all = arriving.length;
  if (all === 0) return n.output && done > model.turn ? "whole" : "none";
  if (arriving[all - 1].step < done) return n.output && done <= model.turn ? "none" : "whole";
  return arriving[0].step < done ? "part" : "none";
}

// An operation with several outputs has a list of shapes, and its outputs are nodes of their own.
export const isTuple = (n) => Array.isArray(n.shape[0]);

export const isNumber = (n) => !isTuple(n) && sizeOf(n.shape) === 1;

export const shapeOf = (n) => (isTuple(n) ? `${n.shape.length} outputs` : formatShape(n.shape));

// The module's place in the tree, outermost first.
export function ancestors(model, id) {
  const found = [];
  for (let m = id; m !== null; m = model.modules[m].parent) found.push(m);
  return found.reverse();
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
