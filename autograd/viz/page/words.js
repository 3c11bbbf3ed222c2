// What things are called, and what a step does, in words: for the picture, the list, and screen readers.

import { isTuple } from "./data.js";
import { brief, formatNumber, formatShape, inWords, isScalar, normOf } from "./numbers.js";

// In a small graph of an operation the whole equation, otherwise its name.
export function nodeTitle(model, n) {
  if (n.kind !== "op" && n.kind !== "part") return n.label;
  if (model.isSmall && n.text && n.text.length <= 26) return `${n.short} = ${n.text}`;
  return n.name ? `${n.name} = ${n.label}` : n.label;
}

export function equation(model, n) {
  const text = n.text ?? `${n.label}(${n.into.map((e) => model.nodes[e.from].short).join(", ")})`;
  return n.forward < 0 ? n.label : `${n.short} = ${text}`;
}

// The equation with numbers in it, where all of them are numbers: "-4 + 1 = -3".
export function inNumbers(model, n) {
  if (!n.text || !isScalar(n.value) || !n.into.length) return null;
  const values = new Map();
  for (const e of n.into) {
    const source = model.nodes[e.from];
    if (!isScalar(source.value)) return null;
    const v = source.value.values[0];
    values.set(source.short, v < 0 ? `(${formatNumber(v)})` : formatNumber(v));
  }
  const names = [...values.keys()].sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const shown = n.text.replace(new RegExp(`(?<![\\w.])(?:${names.join("|")})(?![\\w])`, "gu"), (name) => values.get(name));
  return `${shown.replace(/^\((.*)\)(?= [+−×÷] )/u, "$1")} = ${brief(n.value)}`;
}

export function moduleTitle(m) {
  if (m.repeat) return `${m.type} × ${m.repeat}`;
  return m.name === m.type ? m.type : `${m.name}: ${m.type}`;
}

// One line on a step, the same for screen readers, and in the tests.
export function stepText(model, i) {
  const step = model.steps[i], n = model.nodes[step.node];
  if (step.phase === "forward") return `${equation(model, n)}${n.value ? ` → ${inWords(n.value)}` : ""}`;
  if (!step.edges.length) return `${n.short}: hands its gradient to the operation it belongs to`;
  return `${n.short}: gradient ${inWords(n.grad)}; ` + step.edges.map((k) => {
    const e = model.edges[k];
    return `to ${model.nodes[e.from].short}: ${inWords(e.contribution)}`;
  }).join("; ");
}

// The same for the list that is seen: what, and the number or shape that comes of it.
export function stepLine(model, i) {
  const step = model.steps[i], n = model.nodes[step.node];
  if (step.phase === "forward") return [equation(model, n), isTuple(n) ? "" : brief(n.value ?? { shape: n.shape })];
  const to = [...new Set(step.edges.map((k) => `∇${model.nodes[model.edges[k].from].short}`))].join(", ");
  const g = isTuple(n) ? null : n.grad;
  const size = g === null ? "" : isScalar(g) ? brief(g) : `norm ${formatNumber(normOf(g))}`;
  return [`∇${n.short} → ${to || "its operation"}`, size];
}

// The nodes in whose name, operation, module, source line or findings all words occur.
export function matching(model, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  return model.nodes.filter((n) => {
    const source = n.source ? `${n.source.file}:${n.source.line} ${n.source.text}` : "";
    const path = n.module === null ? "" : `${model.modules[n.module].path} ${model.modules[n.module].type}`;
    const marks = n.marks.map((m) => `${m.kind} ${m.text}`).join(" ");
    const all = `${n.label} ${n.short} ${n.op} ${path} ${source} ${formatShape(n.shape)} ${marks}`.toLowerCase();
    return words.every((word) => all.includes(word));
  }).map((n) => n.id);
}
