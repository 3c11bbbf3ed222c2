// What is said beside the pointer.

import { gradientAt, isComputed, moduleTitle, nodeTitle, shapeOf } from "./data.js";
import { definitions, element } from "./elements.js";
import { formatBytes, inWords } from "./numbers.js";

export function tipContents(state, id) {
  const { model } = state;
  if (id >= state.scene.N) {
    const m = model.modules[id - state.scene.N];
    return [element("b", {}, moduleTitle(m)), definitions([["settings", m.text || null], ["operations", String(m.size)]])];
  }
  const n = model.nodes[id];
  const saved = n.saved.reduce((a, s) => a + s.bytes, 0);
  const g = gradientAt(model, n, state.done);
  return [element("b", {}, nodeTitle(n)), definitions([
    ["shape", `${shapeOf(n)} ${n.dtype ?? ""}`],
    ["value", isComputed(n, state.done) ? (n.value ? inWords(n.value) : "not recorded") : "not computed yet"],
    ["gradient", n.kind === "constant" || !model.hasBackward ? null : inWords(g.summary)],
    ["saved", saved ? `${n.saved.map((s) => s.name).join(", ")}: ${formatBytes(saved)}` : null],
    ["time", n.backward_ms === null ? null : `${n.backward_ms} ms backward`],
    ["line", n.source ? `${n.source.file.split(/[\\/]/).at(-1)}:${n.source.line} ${n.source.text}` : null]]),
    ...n.marks.map((m) => element("div", { class: "bad" }, "⚠ " + m.text))];
}
