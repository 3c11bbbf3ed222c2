// The page: its state, and what keys, buttons and the pointer do to it.

import { ancestors, gradientAt, isComputed, readModel } from "./data.js";
import { moduleSizer, nodeSizer } from "./boxes.js";
import { paint, readTheme } from "./draw.js";
import { element } from "./elements.js";
import { formatBytes, formatCount, inWords } from "./numbers.js";
import { showDetail, showFindings, showKeys, showLegend, showNow } from "./panels.js";
import { listen } from "./pointer.js";
import { makeScene } from "./scene.js";
import { StepList } from "./steps.js";
import { toSvg } from "./svg.js";
import { equation, matching, moduleTitle, stepText } from "./words.js";

const $ = (id) => document.getElementById(id);
const model = readModel(JSON.parse($("data").textContent));
const canvas = $("canvas"), context = canvas.getContext("2d", { alpha: false });
const state = { model, scene: null, theme: readTheme(), view: { x: 0, y: 0, scale: 1 }, done: 0, selected: null,
  found: [], width: 0, height: 0, ratio: 1 };
const open = new Set();
const MANY = 150; // of more boxes a picture is not tried out
const MARGIN = 34, LEGEND = 40; // around the picture, and below it
const READABLE = 0.8, SMALLEST = 0.62; // scales at which all is easy to read, and at which it can be read

// --- what is shown --------------------------------------------------------------------------------------------

const sizes = [nodeSizer(model), moduleSizer(model)];

// What is inside of modules is broken into rows of about the length with which the whole fits the window best.
function sceneOf(modules) {
  const aspect = Math.max(0.6, state.width / Math.max(1, state.height - LEGEND));
  let best = makeScene(model, modules, ...sizes, aspect, aspect);
  if (!best.frames.length || best.boxes.length > MANY) return best;
  for (const k of [0.7, 1.4, 2, 2.8, 4]) {
    const tried = makeScene(model, modules, ...sizes, aspect, aspect * k);
    if (fitScale(tried) > 1.04 * fitScale(best)) best = tried;
  }
  return best;
}

function rebuild() {
  state.scene = sceneOf(open);
  if (state.selected !== null && state.selected < state.scene.N) state.selected = state.scene.boxOf[state.selected];
  draw();
}

let asked = false, moving = false, settled = null;
function draw(isMove = false) {
  moving = asked ? moving && isMove : isMove;
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; render(); });
}

// A large picture is not drawn anew for each movement: the last one is shifted, and drawn when the movement rests or
// has uncovered a third of the window.
const MANY_SHAPES = 3000;
const last = { picture: document.createElement("canvas"), view: null, kept: false };

function render() {
  const { scene, view, width, height } = state;
  const isLarge = scene.boxes.length + scene.wires.length > MANY_SHAPES;
  clearTimeout(settled);
  if (moving && isLarge && last.view) {
    if (!last.kept) keepPicture();
    const k = view.scale / last.view.scale, x = view.x - last.view.x * k, y = view.y - last.view.y * k;
    const covered = Math.max(0, Math.min(width, x + width * k) - Math.max(0, x))
      * Math.max(0, Math.min(height, y + height * k) - Math.max(0, y));
    if (covered > 0.66 * width * height) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.fillStyle = state.theme.paper;
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(last.picture, x * state.ratio, y * state.ratio, canvas.width * k, canvas.height * k);
      settled = setTimeout(() => draw(), 120);
      return;
    }
  }
  paint(context, state);
  last.view = isLarge ? { ...view } : null;
  last.kept = false;
}

// Waits until all is drawn, so it is left to the first movement.
function keepPicture() {
  last.picture.width = canvas.width;
  last.picture.height = canvas.height;
  last.picture.getContext("2d", { alpha: false }).drawImage(canvas, 0, 0);
  last.kept = true;
}

// The overview: modules are opened while the picture can be read; first those that have modules inside, then the others.
function overview() {
  open.clear();
  const inner = (m) => (m.repeat ? [] : m.children.map((c) => model.modules[c]));
  const tryOpen = (level, least) => {
    const more = level.reduce((a, m) => a + m.nodes.length + m.children.length, 0);
    if (more > MANY) return false;
    for (const m of level) open.add(m.id);
    if (level.length && fitScale(sceneOf(open)) >= least) return true;
    for (const m of level) open.delete(m.id);
    return false;
  };
  let level = model.modules.filter((m) => m.parent === null), closed = [];
  while (level.length) {
    const containers = level.filter((m) => m.children.length && !m.repeat);
    closed.push(...level.filter((m) => !m.children.length));
    if (!tryOpen(containers, SMALLEST)) break;
    level = containers.flatMap(inner);
  }
  tryOpen(closed, READABLE);
}

function resize() {
  const box = $("stage").getBoundingClientRect();
  Object.assign(state, { width: box.width, height: box.height, ratio: window.devicePixelRatio || 1 });
  canvas.width = Math.round(box.width * state.ratio);
  canvas.height = Math.round(box.height * state.ratio);
  if (state.scene) draw();
}

function fitScale(scene) {
  const wide = (state.width - 2 * MARGIN) / Math.max(1, scene.width);
  return Math.min(wide, (state.height - 2 * MARGIN - LEGEND) / Math.max(1, scene.height), 1.7);
}

let fitted = null; // the last view of everything
function fit() {
  const { scene, width, height } = state, scale = fitScale(scene);
  const x = (width - scene.width * scale) / 2, y = (height - LEGEND - scene.height * scale) / 2;
  state.view = { scale, x, y };
  fitted = { scale, x, y };
  draw();
}

function zoom(factor, x = state.width / 2, y = state.height / 2) {
  const { view } = state;
  const scale = Math.min(4, Math.max(0.0005, view.scale * factor));
  view.x = x - ((x - view.x) * scale) / view.scale;
  view.y = y - ((y - view.y) * scale) / view.scale;
  view.scale = scale;
  draw(true);
}

function pan(dx, dy) {
  state.view.x += dx;
  state.view.y += dy;
  draw(true);
}

// Bring a box into sight; far out, also near enough to read it.
function reveal(id, near = false) {
  const b = state.scene.byId.get(id) ?? state.scene.frames.find((f) => f.id === id);
  if (!b) return;
  const { view, width, height } = state;
  if (near && view.scale < 0.6) zoom(0.9 / view.scale);
  const x = b.x * view.scale + view.x, y = b.y * view.scale + view.y;
  const w = b.w * view.scale, h = b.h * view.scale;
  if (x < 10 || y < 10 || x + w > width - 10 || y + h > height - 10) {
    pan(width / 2 - x - w / 2, height / 2 - y - h / 2);
  }
}

// --- steps ----------------------------------------------------------------------------------------------------

const list = new StepList($("steps"), model, goTo);

function goTo(done, speak = true) {
  state.done = Math.max(0, Math.min(model.steps.length, done));
  $("slider").value = state.done;
  const text = state.done ? `${model.steps[state.done - 1].phase}: ${stepText(model, state.done - 1)}` : "at the start";
  $("slider").setAttribute("aria-valuetext", text);
  showNow($("now"), model, state.scene, state.done, toggle, show);
  $("slider").style.setProperty("--at", `${(100 * state.done) / Math.max(1, model.steps.length)}%`);
  list.show(state.done);
  showDetail($("detail"), model, state.scene, state.selected, state.done, toggle);
  if (speak) $("say").textContent = text;
  if (state.done) reveal(state.scene.boxOf[model.steps[state.done - 1].node]);
  draw();
}

// A closed module is stepped over as one.
const sameBox = (i, j) => {
  const box = state.scene.boxOf[model.steps[i].node];
  return box >= state.scene.N && box === state.scene.boxOf[model.steps[j].node]
    && model.steps[i].phase === model.steps[j].phase;
};

function forth() {
  let to = Math.min(model.steps.length, state.done + 1);
  while (to < model.steps.length && sameBox(to, to - 1)) to += 1;
  goTo(to);
}

function back() {
  let to = Math.max(0, state.done - 1);
  while (to > 0 && to < model.steps.length && sameBox(to, to - 1)) to -= 1;
  goTo(to);
}

let timer = null;
function play(on = timer === null) {
  clearInterval(timer);
  timer = null;
  if (on) {
    if (state.done === model.steps.length) goTo(0);
    timer = setInterval(() => { forth(); if (state.done === model.steps.length) play(false); }, Number($("speed").value));
  }
  $("play").textContent = on ? "❚❚" : "▶▶";
  $("play").setAttribute("aria-label", on ? "Pause" : "Play");
}

// --- selection, modules, search -------------------------------------------------------------------------------

function select(id, speak = true) {
  state.selected = id;
  showDetail($("detail"), model, state.scene, id, state.done, toggle);
  if (id !== null && speak) {
    $("say").textContent = describe(id);
    reveal(id);
  }
  draw();
}

function describe(id) {
  if (id >= state.scene.N) {
    const m = model.modules[id - state.scene.N];
    return `module ${moduleTitle(m)}, ${open.has(m.id) ? "open" : "closed"}`;
  }
  const n = model.nodes[id];
  const value = isComputed(n, state.done) ? (n.value ? inWords(n.value) : "not recorded") : "not computed yet";
  const gradient = n.kind === "constant" || !model.hasBackward ? ""
    : `, gradient ${inWords(gradientAt(model, n, state.done).summary)}`;
  return `${equation(model, n)}, value ${value}${gradient}${n.marks.map((m) => `, attention: ${m.text}`).join("")}`;
}

function toggle(module) {
  const { view } = state, isFitted = view.scale === fitted.scale && view.x === fitted.x && view.y === fitted.y;
  const anchor = state.scene.byId.get(state.scene.N + module)
    ?? state.scene.frames.find((f) => f.id === state.scene.N + module);
  const at = anchor && [anchor.x * state.view.scale + state.view.x, anchor.y * state.view.scale + state.view.y];
  if (open.has(module)) open.delete(module);
  else open.add(module);
  rebuild();
  const now = state.scene.byId.get(state.scene.N + module)
    ?? state.scene.frames.find((f) => f.id === state.scene.N + module);
  if (isFitted && fitScale(state.scene) >= 0.5) {
    fit();
  } else if (at && now) { // the corner stays where it was
    state.view.x = at[0] - now.x * state.view.scale;
    state.view.y = at[1] - now.y * state.view.scale;
  }
  select(state.scene.N + module);
}

function all(on) {
  if (on === null) overview();
  else open.clear();
  if (on) for (const m of model.modules) open.add(m.id);
  rebuild();
  fit();
  select(state.selected !== null && state.scene.byId.has(state.selected) ? state.selected : null, false);
}

// Open whatever a node is in, and select it.
function show(node) {
  const around = ancestors(model, model.nodes[node].module);
  if (around.some((m) => !open.has(m))) {
    for (const m of around) open.add(m);
    rebuild();
  }
  select(node);
  reveal(node, true);
}

let hits = [], hit = -1;
function search(text) {
  hits = matching(model, text);
  hit = -1;
  state.found = [...new Set(hits.map((id) => state.scene.boxOf[id]))].slice(0, 500);
  $("found").textContent = text.trim() ? `${hits.length} found` : "";
  draw();
}

function nextHit(step) {
  if (!hits.length) return;
  hit = (hit + step + hits.length) % hits.length;
  $("found").textContent = `${hit + 1} of ${hits.length}`;
  show(hits[hit]);
}

// Boxes in reading order, for moving the selection by keys.
function move(step) {
  const ids = [...state.scene.boxes, ...state.scene.frames].sort((a, b) => a.x - b.x || a.y - b.y).map((b) => b.id);
  const at = ids.indexOf(state.selected);
  select(ids[at < 0 ? (step > 0 ? 0 : ids.length - 1) : (at + step + ids.length) % ids.length]);
}

listen(canvas, $("tip"), state, { pan, zoom, select, toggle });

// --- keys and buttons -----------------------------------------------------------------------------------------

showKeys($("keys"));

function help(on = $("keys").hidden) {
  $("keys").hidden = !on;
  $("help").setAttribute("aria-expanded", String(on));
}

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  recolour();
}

function recolour() {
  state.theme = readTheme();
  goTo(state.done, false);
}

function saveSvg() {
  const link = element("a", { download: `${model.about.title || "graph"}.svg` });
  link.href = URL.createObjectURL(new Blob([toSvg(state)], { type: "image/svg+xml" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const onKey = {
  ArrowRight: (e) => (e.shiftKey ? pan(-60, 0) : forth()), ArrowLeft: (e) => (e.shiftKey ? pan(60, 0) : back()),
  ArrowUp: (e) => (e.shiftKey ? pan(0, 60) : move(-1)), ArrowDown: (e) => (e.shiftKey ? pan(0, -60) : move(1)),
  Home: () => goTo(0), End: () => goTo(model.steps.length), " ": () => play(),
  Enter: () => { if (state.selected !== null && state.selected >= state.scene.N) toggle(state.selected - state.scene.N); },
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8),
  f: fit, o: () => all(null), e: () => all(true), c: () => all(false),
  t: toggleTheme, s: saveSvg, "?": () => help(), "/": () => $("search").focus(),
  Escape: () => { help(false); select(null); },
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target } = event, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (target === $("search")) {
    if (key === "Escape") { $("search").value = ""; search(""); canvas.focus(); }
    return;
  }
  if (target.matches("select, #slider") && key !== "/") return;
  if (target.matches("button") && (key === "Enter" || key === " ")) return;
  if (list.onKey(key)) { event.preventDefault(); return; }
  if (target.closest("aside") && /^(Arrow(Up|Down)|Home|End)$/.test(key)) return;
  if (!onKey[key]) return;
  event.preventDefault();
  onKey[key](event);
});

const press = (id, act) => $(id).addEventListener("click", act);
press("first", () => goTo(0));
press("back", back);
press("play", () => play());
press("forth", forth);
press("last", () => goTo(model.steps.length));
press("fit", fit);
press("overview", () => all(null));
press("open-all", () => all(true));
press("close-all", () => all(false));
press("svg", saveSvg);
press("theme", toggleTheme);
press("help", () => help());
$("slider").addEventListener("input", () => goTo(Number($("slider").value)));
$("speed").addEventListener("change", () => { if (timer !== null) play(true); });
$("search").addEventListener("input", () => search($("search").value));
$("search-form").addEventListener("submit", (event) => { event.preventDefault(); nextHit(1); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
new ResizeObserver(resize).observe($("stage"));

// --- start ----------------------------------------------------------------------------------------------------

const sum = (of) => model.nodes.reduce((a, n) => a + of(n), 0);
const weights = sum((n) => (n.kind === "parameter" ? n.shape.reduce((a, b) => a * b, 1) : 0)), work = sum((n) => n.flops);
const counts = [`${model.turn} operations`, weights && `${weights.toLocaleString("en")} parameters`,
  work && `${formatCount(work)} FLOPs`, `${formatBytes(model.about.saved_bytes)} saved`].filter(Boolean).join(" · ");
$("title").append(model.about.title, element("small", {}, counts));
$("slider").max = model.steps.length;
$("slider").style.setProperty("--turn", `${(100 * model.turn) / Math.max(1, model.steps.length)}%`);
$("phase-forward").style.flex = model.turn;
$("phase-backward").style.flex = model.steps.length - model.turn;
$("phase-backward").hidden = !model.hasBackward;
showLegend($("legend"), model);
resize();
overview();
rebuild();
fit();
showFindings($("findings"), model, show);
goTo(0, false);
list.follow = true;
render();

// For the console, and for tests.
window.explorer = { state, model, open, goTo, forth, back, play, select, show, toggle, search, fit, zoom, pan, all,
  svg: () => toSvg(state), paint: () => paint(context, state), openedAfter: performance.now(),
  shownAfter: new Promise((resolve) => { requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))); }) };
