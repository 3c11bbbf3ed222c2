// The side panel: what the present step does, what is selected, and the list of steps.

import { ancestors, gradientAt, isComputed, isTuple, moduleTitle, nodeTitle, shapeOf } from "./data.js";
import { nodesIn } from "./draw.js";
import { definitions, element, mathView, savedList, sourceLine, tensorView } from "./elements.js";
import { brief, formatBytes, inWords, isScalar, sizeOf } from "./numbers.js";

const named = (n) => n.name ?? (n.kind === "op" || n.kind === "part" ? `${n.label} (${n.id})` : n.label);

// One line on a step, the same in the list, for screen readers, and in the tests.
export function stepText(model, i) {
  const step = model.steps[i], n = model.nodes[step.node];
  if (step.phase === "forward") {
    const inputs = n.into.map((e) => named(model.nodes[e.from])).join(", ");
    return `${n.name ? `${n.name} = ` : ""}${n.label}(${inputs})${n.value ? ` → ${inWords(n.value)}` : ""}`;
  }
  if (!step.edges.length) return `${named(n)}: hands its gradient to the operation it belongs to`;
  return `${named(n)}: gradient ${inWords(n.grad)}; ` + step.edges.map((k) => {
    const e = model.edges[k];
    return `to ${named(model.nodes[e.from])}: ${inWords(e.contribution)}`;
  }).join("; ");
}

export function showNow(into, model, scene, done, act) {
  into.replaceChildren();
  if (done === 0) {
    into.append(element("h2", {}, "Before the first step"), element("p", { class: "muted" },
      "Parameters and inputs are given; nothing is computed yet. Press → for the forward pass",
      model.hasBackward ? ", and on for the backward pass." : "."));
    for (const note of model.about.notes) into.append(element("p", { class: "muted" }, note));
    return;
  }
  const step = model.steps[done - 1], n = model.nodes[step.node];
  const [number, of] = step.phase === "forward" ? [done, model.turn] : [done - model.turn, model.steps.length - model.turn];
  into.append(element("h2", {}, element("span", { class: `phase ${step.phase}` }, `${step.phase} ${number} of ${of}`),
    nodeTitle(n)));
  const box = scene.boxOf[step.node];
  if (box >= scene.N) {
    const m = model.modules[box - scene.N];
    into.append(element("p", { class: "muted" }, `in ${moduleTitle(m)}, which is closed and passed as one. `,
      element("button", { onclick: () => act(m.id) }, "Open it")));
  }
  if (step.phase === "forward") showForward(into, model, n);
  else showBackward(into, model, step, n);
}

function showForward(into, model, n) {
  for (const e of n.into) {
    const source = model.nodes[e.from];
    into.append(element("h3", {}, `${e.input}: ${named(source)}`), tensorOrWords(source.value, source, "input"));
  }
  into.append(element("h3", {}, "result"), tensorOrWords(n.value, n, "result"));
}

function tensorOrWords(s, n, what) {
  if (s !== null) return tensorView(s, what);
  if (isTuple(n)) return element("p", { class: "muted" }, `${shapeOf(n)}, each a node of its own`);
  return element("p", { class: "missing" }, `${shapeOf(n)}, values not recorded`);
}

function showBackward(into, model, step, n) {
  if (n.grad !== null) into.append(element("h3", {}, "upstream: gradient of this result"), tensorView(n.grad, "upstream"));
  for (const k of step.edges) {
    const e = model.edges[k], source = model.nodes[e.from];
    const flow = element("div", { class: "flow", "data-edge": k },
      element("b", {}, `to ${named(source)}`), element("span", { class: "muted" }, ` (as ${e.input})`));
    if (e.formula) flow.append(element("div", { class: "line", title: e.formula.text }, mathView(e.formula.mathml)));
    if (isScalar(e.contribution) && isScalar(n.grad) && isScalar(e.local)) {
      flow.append(element("div", { class: "sum", "data-what": "contribution", "data-value": String(e.contribution.values[0]) },
        element("span", { class: "up" }, brief(n.grad)), " × ", brief(e.local), " = ",
        element("span", { class: "res" }, brief(e.contribution))),
        element("div", { class: "muted" }, "upstream × local derivative = contribution"));
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
  into.append(element("h3", {}, `accumulates: ${k} of ${all} contributions`));
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
  if (selected === null) {
    into.append(element("p", { class: "muted" }, "Point at a box, or select it, to see its numbers."));
    return;
  }
  if (selected >= scene.N) showModule(into, model, selected - scene.N, done, act);
  else showNode(into, model, model.nodes[selected], done);
}

function showNode(into, model, n, done) {
  into.append(element("h2", {}, nodeTitle(n)));
  for (const m of n.marks) into.append(element("p", { class: "bad" }, "⚠ " + m.text));
  into.append(definitions([
    ["kind", n.kind], ["shape", shapeOf(n) + (n.dtype ? ` ${n.dtype}` : "")],
    ["bytes", n.value ? formatBytes(n.value.bytes) : null],
    ["module", ancestors(model, n.module).map((m) => model.modules[m].name).join(" › ") || null],
    ["options", Object.entries(n.options).map(([k, v]) => `${k}=${v}`).join(", ") || null],
    ["backward", n.backward_ms === null ? null : `${n.backward_ms} ms`]]));
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
  const bytes = inside.reduce((a, n) => a + n.saved.reduce((b, s) => b + s.bytes, 0), 0);
  into.append(element("h2", {}, moduleTitle(m)), definitions([
    ["path", m.path], ["type", m.type], ["settings", m.text || null],
    ["repeated", m.repeat ? `${m.repeat} equal blocks` : null],
    ["operations", String(inside.filter((n) => n.forward >= 0).length)],
    ["parameters", weights.reduce((a, n) => a + sizeOf(n.shape), 0).toLocaleString("en")],
    ["saved", bytes ? formatBytes(bytes) : null]]),
    element("p", {}, element("button", { onclick: () => act(id) }, "Open or close (Enter)")));
  for (const n of inside) for (const mark of n.marks) {
    into.append(element("p", { class: "bad" }, `⚠ ${nodeTitle(n)}: ${mark.text}`));
  }
}

export function showFindings(into, model, select) {
  const all = model.nodes.flatMap((n) => n.marks.map((m) => [n, m]));
  into.replaceChildren();
  if (!all.length) return;
  const most = 20;
  into.append(element("h2", {}, `Worth a look: ${all.length}`), element("ul", {}, all.slice(0, most).map(([n, m]) =>
    element("li", {}, element("button", { onclick: () => select(n.id) },
      element("span", { class: "bad" }, `${m.kind} `), `${nodeTitle(n)}: ${m.text}`)))));
  if (all.length > most) into.append(element("p", { class: "muted" }, `and ${all.length - most} more`));
}

// The list of steps. Of a long list the part around the present step is there, and buttons lead on.
export class StepList {
  constructor(into, model, go) {
    Object.assign(this, { into, model, go, from: -1, to: -1 });
    this.most = 150;
  }

  show(done) {
    const all = this.model.steps.length, at = Math.max(0, done - 1);
    if (this.from < 0 || at < this.from || at >= this.to) {
      this.from = all <= this.most ? 0 : Math.max(0, at - this.most / 2);
      this.to = Math.min(all, this.from + this.most);
      this.fill();
    }
    for (const b of this.buttons) {
      const i = Number(b.dataset.step);
      b.className = i < done ? "done" : "";
      if (i === done - 1) b.setAttribute("aria-current", "step");
      else b.removeAttribute("aria-current");
      b.tabIndex = i === Math.max(this.from, done - 1) ? 0 : -1; // one stop for the tab key; arrows lead on
    }
    const now = this.buttons.find((b) => b.hasAttribute("aria-current"));
    if (now && this.follow) now.scrollIntoView({ block: "nearest" });
  }

  // Moves the focus within the list; says whether it did.
  onKey(key) {
    const all = [...this.into.querySelectorAll("button")], at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[key];
    if (at < 0 || to === undefined) return false;
    all[Math.max(0, Math.min(all.length - 1, to))].focus();
    return true;
  }

  fill() {
    const { model, from, to } = this, all = model.steps.length;
    const more = (text, i) => element("li", {}, element("button", { onclick: () => this.go(i) }, text));
    this.buttons = [];
    const rows = [];
    if (from > 0) rows.push(more(`… ${from} earlier steps`, from));
    for (let i = from; i < to; i += 1) {
      const { phase } = model.steps[i];
      const button = element("button", { "data-step": i, onclick: () => this.go(i + 1) },
        `${phase === "forward" ? "→" : "←"} ${stepText(model, i)}`);
      button.setAttribute("aria-label", `${phase} ${stepText(model, i)}`);
      this.buttons.push(button);
      rows.push(element("li", {}, button));
    }
    if (to < all) rows.push(more(`… ${all - to} later steps`, to + 1));
    this.into.replaceChildren(...rows);
  }
}
