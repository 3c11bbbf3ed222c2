// What is said beside the pointer.

import { gradientAt, isComputed, nodesIn, shapeOf } from "./data.js";
import { definitions, element } from "./elements.js";
import { formatBytes, formatCount, inWords } from "./numbers.js";
import { milliseconds } from "./panels.js";
import { equation, moduleTitle } from "./words.js";

export function tipContents(state, id) {
  const { model } = state;
  const times = (forward, backward) => [forward && `${forward} forward`, backward && `${backward} backward`]
    .filter(Boolean).join(", ");
  if (id >= state.scene.N) {
    const m = model.modules[id - state.scene.N], inside = nodesIn(model, m.id);
    const sum = (of) => inside.reduce((a, n) => a + of(n), 0), flops = sum((n) => n.flops);
    return [element("b", {}, moduleTitle(m)), definitions([["settings", m.text || null],
      ["operations", String(inside.filter((n) => n.forward >= 0).length)], ["FLOPs", flops ? formatCount(flops) : null],
      ["time", times(milliseconds(sum((n) => n.forward_ms ?? 0)), milliseconds(sum((n) => n.backward_ms ?? 0)))]])];
  }
  const n = model.nodes[id];
  const saved = n.saved.reduce((a, s) => a + s.bytes, 0);
  const g = gradientAt(model, n, state.done);
  return [element("b", {}, equation(model, n)), definitions([
    ["shape", `${shapeOf(n)} ${n.dtype ?? ""}`],
    ["value", isComputed(n, state.done) ? (n.value ? inWords(n.value) : "not recorded") : "not computed yet"],
    ["gradient", n.kind === "constant" || !model.hasBackward ? null : inWords(g.summary)],
    ["bytes", n.value ? formatBytes(n.value.bytes) : null],
    ["saved", saved ? `${n.saved.map((s) => s.name).join(", ")}: ${formatBytes(saved)}` : null],
    ["FLOPs", n.flops ? formatCount(n.flops) : null],
    ["time", times(milliseconds(n.forward_ms), milliseconds(n.backward_ms))],
    ["line", n.source ? `${n.source.file.split(/[\\/]/).at(-1)}:${n.source.line} ${n.source.text}` : null]]),
    ...n.marks.map((m) => element("div", { class: "bad" }, "⚠ " + m.text))];
}
