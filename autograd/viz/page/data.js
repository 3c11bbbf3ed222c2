// The model that Python wrote, with its summaries and the links between its parts put in place.

import { formatShape, readNumber } from "./numbers.js";

// Python leaves out what is empty. (Written out, because a spread takes ten times as long.)
const makeNode = (n, id) => ({
  id, kind: n.kind, op: n.op ?? "", label: n.label ?? "", name: n.name ?? null, output: n.output ?? false,
  module: n.module ?? null, source: n.source ?? null, shape: n.shape ?? [], dtype: n.dtype ?? null, value: n.value,
  grad: n.grad, saved: n.saved ?? [], options: n.options ?? {}, backward_ms: n.backward_ms ?? null,
  marks: n.marks ?? [], forward: -1, backward: -1, into: [], outof: [], arriving: [],
});
const makeEdge = (e, id) => ({
  id, from: e.from ?? 0, to: e.to ?? 0, input: e.input ?? "", local: e.local, contribution: e.contribution,
  total: e.total, formula: e.formula ?? null, step: -1,
});

export function readModel(raw) {
  for (const s of raw.pool) {
    if (s.values) s.values = s.values.map(readNumber);
    if (s.grid) s.grid = s.grid.map((row) => row.map(readNumber));
    for (const k of ["mean", "std", "norm", "min", "max"]) if (k in s) s[k] = readNumber(s[k]);
  }
  const at = (i) => (i === undefined ? null : raw.pool[i]);
  const { modules, about } = raw;
  const nodes = raw.nodes.map(makeNode), edges = raw.edges.map(makeEdge);
  for (const n of nodes) {
    n.source = n.source === null ? null : raw.sources[n.source];
    n.value = at(n.value);
    n.grad = at(n.grad);
  }
  for (const e of edges) {
    e.contribution = at(e.contribution);
    e.local = at(e.local);
    e.total = at(e.total);
    nodes[e.to].into.push(e);
    nodes[e.from].outof.push(e);
  }
  for (const m of modules) { m.children = []; m.nodes = []; m.size = 0; m.last = null; }
  for (const m of modules) if (m.parent !== null) modules[m.parent].children.push(m.id);
  for (const n of nodes) {
    if (n.module !== null) modules[n.module].nodes.push(n.id);
    for (let m = n.module; m !== null; m = modules[m].parent) {
      modules[m].size += 1;
      if (n.kind === "op" || n.kind === "part") modules[m].last = n; // what a closed module looks like
    }
  }
  const steps = [];
  for (const n of nodes) {
    if (n.kind === "op" || n.kind === "part") {
      n.forward = steps.length;
      steps.push({ phase: "forward", node: n.id, edges: [] });
    }
  }
  const turn = steps.length;
  for (const s of raw.backward) {
    nodes[s.node].backward = steps.length;
    for (const e of s.edges) edges[e].step = steps.length;
    steps.push({ phase: "backward", node: s.node, edges: s.edges });
  }
  // Contributions in the order in which they arrive.
  for (const n of nodes) n.outof.sort((a, b) => a.step - b.step);
  for (const n of nodes) n.arriving = n.outof.filter((e) => e.step >= 0);
  return { nodes, edges, modules, about, steps, turn, hasBackward: raw.backward.length > 0 };
}

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

// An operation with several outputs has a list of shapes, and its outputs are nodes of their own.
export const isTuple = (n) => Array.isArray(n.shape[0]);

export const shapeOf = (n) => (isTuple(n) ? `${n.shape.length} outputs` : formatShape(n.shape));

export function nodeTitle(n) {
  return n.kind === "op" && n.name ? `${n.name} = ${n.label}` : n.label;
}

export function moduleTitle(m) {
  if (m.repeat) return `${m.type} × ${m.repeat}`;
  return m.name === m.type ? m.type : `${m.name}: ${m.type}`;
}

// The module's place in the tree, outermost first.
export function ancestors(model, id) {
  const found = [];
  for (let m = id; m !== null; m = model.modules[m].parent) found.push(m);
  return found.reverse();
}
