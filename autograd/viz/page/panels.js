// The side panel: what the present step does, what is selected, and what is worth a look.

import { ancestors, gradientAt, isComputed, isTuple, nodesIn, shapeOf } from "./data.js";
import { definitions, element, mathView, savedList, sourceLine, tensorView } from "./elements.js";
import { brief, formatBytes, formatCount, isScalar, sizeOf } from "./numbers.js";
import { equation, inNumbers, moduleTitle } from "./words.js";

export function showNow(into, model, scene, done, act, select) {
  into.replaceChildren();
  if (done === 0) {
    into.append(element("h2", {}, "Before the first step"), element("p", { class: "muted" },
      "Parameters and inputs are given; nothing is computed yet. Press → for the forward pass",
      model.hasBackward ? ", and on for the backward pass." : "."));
    for (const note of model.about.notes) into.append(element("p", { class: "muted" }, note));
    faultNote(into, model, select);
    return;
  }
  const step = model.steps[done - 1], n = model.nodes[step.node];
  const [number, of] = step.phase === "forward" ? [done, model.turn] : [done - model.turn, model.steps.length - model.turn];
  into.append(element("h2", {}, element("span", { class: `phase ${step.phase}` }, `${step.phase} ${number} of ${of}`),
    step.phase === "forward" ? equation(model, n) : `∇${n.short} flows back`));
  const box = scene.boxOf[step.node];
  if (box >= scene.N) {
    const m = model.modules[box - scene.N];
    into.append(element("p", { class: "muted" }, `in ${moduleTitle(m)}, which is closed and passed as one. `,
      element("button", { onclick: () => act(m.id) }, "Open it")));
  }
  if (model.about.fault?.node === n.id && model.about.fault.phase === step.phase) faultNote(into, model, select);
  if (step.phase === "forward") showForward(into, model, n);
  else showBackward(into, model, step, n);
}

function faultNote(into, model, select) {
  const { fault } = model.about;
  if (!fault) return;
  const n = model.nodes[fault.node];
  into.append(element("div", { class: "fault" }, element("p", { class: "bad" }, `⚠ ${n.short}: ${fault.text}`),
    fault.advice ? element("p", {}, `${fault.advice}.`) : null, sourceLine(n.source),
    element("p", {}, element("button", { onclick: () => select(n.id) }, "Show where"))));
}

function showForward(into, model, n) {
  const numbers = inNumbers(model, n);
  if (numbers) into.append(element("p", { class: "equation" }, `${n.short} = ${numbers}`));
  else {
    for (const e of n.into) {
      const source = model.nodes[e.from];
      into.append(element("h3", {}, `${e.input}: ${source.short}`), tensorOrWords(source.value, source, "input"));
    }
  }
  into.append(element("h3", {}, `result ${n.short}`), tensorOrWords(n.value, n, "result"));
}

function tensorOrWords(s, n, what) {
  if (s !== null) return tensorView(s, what);
  if (isTuple(n)) return element("p", { class: "muted" }, `${shapeOf(n)}, each a node of its own`);
  return element("p", { class: "missing" }, `${shapeOf(n)}, values not recorded`);
}

function showBackward(into, model, step, n) {
  into.append(element("p", { class: "muted" }, `through ${equation(model, n)}`));
  if (n.gradAt >= 0) {
    into.append(element("h3", {}, `upstream: ∇${n.short}, the gradient of this result`), tensorView(n.grad, "upstream"));
  }
  for (const k of step.edges) {
    const e = model.edges[k], source = model.nodes[e.from];
    const flow = element("div", { class: "flow", "data-edge": k },
      element("b", {}, `to ${source.short}`), element("span", { class: "muted" }, ` (as ${e.input})`));
    if (e.formula) {
      flow.append(element("div", { class: "line formula", role: "math", title: e.formula.text, "aria-label": e.formula.text,
        tabindex: 0 }, mathView(e.formula.mathml)),
        e.formula.where ? element("div", { class: "muted small" }, `where ${e.formula.where}`) : "");
    }
    if (isScalar(e.contribution) && isScalar(n.grad) && isScalar(e.local)) {
      const value = String(e.contribution.values[0]);
      flow.append(element("div", { class: "sum", "data-what": "contribution", "data-value": value },
        element("span", { class: "up" }, brief(n.grad)), " × ", brief(e.local), " = ",
        element("span", { class: "res" }, brief(e.contribution))),
        element("div", { class: "muted small" }, "upstream × local derivative = contribution"));
    } else {
      if (e.local !== null) {
        flow.append(element("h3", {}, e.local.jacobian
          ? "local derivative (Jacobian: a row for each output)" : "local derivative, element by element"),
          tensorView(e.local, "local"));
      } else if (!e.formula) {
        flow.append(element("p", { class: "muted" }, `The derivative rule of ${n.label} turns the upstream gradient into`));
      }
      flow.append(element("h3", {}, "contribution"), tensorView(e.contribution, "contribution"));
    }
    accumulation(flow, e, source);
    into.append(flow);
  }
}

// At a fan-out: what was there, what is added, what there is now.
function accumulation(into, e, source) {
  const all = source.arriving.length, k = source.arriving.indexOf(e) + 1;
  if (all < 2) return;
  into.append(element("h3", {}, `∇${source.short} accumulates: ${k} of ${all} contributions`));
  const before = k > 1 ? source.arriving[k - 2].total : null;
  if (isScalar(e.total)) {
    into.append(element("div", { class: "sum", "data-what": "total", "data-value": String(e.total.values[0]) },
      `${before ? brief(before) : "0"} + ${brief(e.contribution)} = `, element("span", { class: "res" }, brief(e.total))));
  } else {
    into.append(tensorView(e.total, "total"));
  }
}

export function showDetail(into, model, scene, selected, done, act) {
  into.replaceChildren();
  if (selected === null) return;
  if (selected >= scene.N) showModule(into, model, selected - scene.N, done, act);
  else showNode(into, model, model.nodes[selected], done);
}

export const milliseconds = (ms) => (ms === null || ms === 0 ? null
  : ms < 0.1 ? `${Math.max(1, Math.round(ms * 1e3))} µs` : `${Number(ms.toPrecision(3))} ms`);

function showNode(into, model, n, done) {
  into.append(element("h2", {}, equation(model, n)));
  for (const m of n.marks) into.append(element("p", { class: "bad" }, "⚠ " + m.text));
  const { fault } = model.about;
  if (fault?.node === n.id && fault.advice) into.append(element("p", {}, `${fault.advice}.`));
  into.append(definitions([
    ["kind", n.kind], ["shape", shapeOf(n) + (n.dtype ? ` ${n.dtype}` : "")],
    ["bytes", n.value ? formatBytes(n.value.bytes) : null],
    ["module", ancestors(model, n.module).map((m) => model.modules[m].name).join(" › ") || null],
    ["options", Object.entries(n.options).map(([k, v]) => `${k}=${v}`).join(", ") || null],
    ["FLOPs", n.flops ? formatCount(n.flops) : null],
    ["forward", milliseconds(n.forward_ms)], ["backward", milliseconds(n.backward_ms)]]));
  const line = sourceLine(n.source);
  if (line) into.append(element("h3", {}, "source"), line);
  into.append(element("h3", {}, "value"), isComputed(n, done) ? tensorOrWords(n.value, n, "value") : tensorView(null));
  if (model.hasBackward && n.kind !== "constant" && !isTuple(n)) {
    const g = gradientAt(model, n, done);
    const part = g.summary && !g.whole ? `, ${g.arrived} of ${g.all} contributions so far` : "";
    into.append(element("h3", {}, `gradient${part}`), tensorView(g.summary, "gradient"));
  }
  if (n.saved.length) into.append(element("h3", {}, "saved for backward"), savedList(n.saved));
}

function showModule(into, model, id, done, act) {
  const m = model.modules[id], inside = nodesIn(model, id);
  const weights = inside.filter((n) => n.kind === "parameter");
  const sum = (of) => inside.reduce((a, n) => a + of(n), 0);
  const bytes = sum((n) => n.saved.reduce((b, s) => b + s.bytes, 0)), flops = sum((n) => n.flops);
  into.append(element("h2", {}, moduleTitle(m)), definitions([
    ["path", m.path], ["type", m.type], ["settings", m.text || null],
    ["repeated", m.repeat ? `${m.repeat} equal blocks` : null],
    ["operations", String(inside.filter((n) => n.forward >= 0).length)],
    ["parameters", weights.reduce((a, n) => a + sizeOf(n.shape), 0).toLocaleString("en")],
    ["FLOPs", flops ? formatCount(flops) : null], ["forward", milliseconds(sum((n) => n.forward_ms ?? 0))],
    ["backward", milliseconds(sum((n) => n.backward_ms ?? 0))], ["saved", bytes ? formatBytes(bytes) : null]]),
    element("p", {}, element("button", { onclick: () => act(id) }, "Open or close (Enter)")));
  for (const n of inside) for (const mark of n.marks) {
    into.append(element("p", { class: "bad" }, `⚠ ${n.short}: ${mark.text}`));
  }
}

export function showFindings(into, model, select) {
  const all = model.nodes.flatMap((n) => n.marks.map((m) => [n, m]));
  into.replaceChildren();
  if (!all.length) return;
  all.sort((a, b) => (b[1].kind === "origin") - (a[1].kind === "origin"));
  const most = 20;
  into.append(element("h2", {}, `Worth a look: ${all.length}`), element("ul", {}, all.slice(0, most).map(([n, m]) =>
    element("li", {}, element("button", { onclick: () => select(n.id) },
      element("span", { class: "bad" }, `${m.kind} `), `${n.short}: ${m.text}`)))));
  if (all.length > most) into.append(element("p", { class: "muted" }, `and ${all.length - most} more`));
}

export function showLegend(into, model) {
  const entries = [["leaf", "parameter, leaf"], ["constant", "constant"], ["op", "operation"], ["output", "result"],
    ["module", "module"]];
  const swatch = ([k, text]) => element("span", {},
    element("i", { style: `background:var(--${k});border-color:var(--${k}-line)` }), text);
  const line = (name, text) => element("span", {}, element("i", { class: name }), text);
  into.replaceChildren(...entries.map(swatch),
    element("span", {}, element("i", { style: "border-style:dashed;border-color:var(--edge)" }), "not computed yet"),
    model.hasBackward ? line("band", "gradient is there") : "",
    model.about.fault ? line("path", "path of the NaN or infinity") : "");
}

const KEYS = [
  ["→ ←", "one step on, one back"], ["Home End", "to the start, to the end"], ["Space", "play or pause"],
  ["↑ ↓", "select a box"], ["Enter", "open or close the selected module"], ["Shift + arrows", "move the picture"],
  ["+ −", "zoom"], ["F", "show everything"], ["O", "overview"],
  ["E C", "open or close all modules"], ["/", "search; Enter: next"],
  ["S", "save as SVG"], ["T", "dark or light"], ["?", "this list"]];

export const showKeys = (into) => into.append(element("h2", {}, "Keys"), definitions(KEYS));
