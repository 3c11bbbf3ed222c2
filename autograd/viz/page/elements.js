// Pieces of the page made from data. Text goes in as text nodes only, so that no name can become markup.

import { formatBytes, formatNumber, formatShape, statistics } from "./numbers.js";

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) {
    if (v === false || v === null || v === undefined) continue;
    if (k === "class") made.className = v;
    else if (k.startsWith("on")) made.addEventListener(k.slice(2), v);
    else made.setAttribute(k, v === true ? "" : v);
  }
  made.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined));
  return made;
}

export function definitions(pairs) {
  const rows = pairs.filter(([, v]) => v !== null && v !== undefined && v !== "");
  return element("dl", {}, rows.map(([k, v]) => [element("dt", {}, k), element("dd", {}, v)]));
}

// Blue below zero, red above, nothing at zero.
function tint(v, most) {
  if (typeof v !== "number" || !Number.isFinite(v)) return "var(--bad-fill)";
  const share = most > 0 ? Math.min(1, Math.abs(v) / most) : 0;
  return `color-mix(in srgb, var(${v < 0 ? "--down" : "--up"}) ${Math.round(share * 62)}%, transparent)`;
}

const largest = (values) => values.reduce((a, v) => (Number.isFinite(v) ? Math.max(a, Math.abs(v)) : a), 0);

// A tensor: a number, a table of numbers, or a heat-map with a histogram.
export function tensorView(s, what) {
  if (s === null || s === undefined) return element("p", { class: "missing" }, "not computed yet");
  const bad = [];
  if (s.nan) bad.push(`${s.nan} NaN`);
  if (s.inf) bad.push(`${s.inf} infinite`);
  const warning = bad.length ? element("p", { class: "bad" }, "⚠ " + bad.join(", ")) : null;
  if (s.values !== undefined) {
    if (s.values.length === 1) {
      return element("div", { class: "sum", "data-what": what, "data-value": String(s.values[0]) },
        formatNumber(s.values[0]));
    }
    // Vectors and columns are laid out in rows too, so that all of them is in sight.
    const across = s.shape.length > 1 && s.shape.at(-1) > 1 ? s.shape.at(-1) : 6;
    const most = largest(s.values);
    const rows = [];
    for (let i = 0; i < s.values.length; i += across) {
      rows.push(element("tr", {}, s.values.slice(i, i + across).map((v) => element("td",
        { style: `background:${tint(v, most)}`, title: String(v), "data-value": String(v) }, formatNumber(v)))));
    }
    return element("div", { "data-what": what }, warning,
      element("div", { class: "scroll", tabindex: across > 8 ? 0 : false },
        element("table", { class: "numbers", "aria-label": `${what} ${formatShape(s.shape)}` },
          element("tbody", {}, rows))));
  }
  const t = statistics(s);
  const pictures = element("div", { class: "picture" },
    s.grid ? heatmap(s.grid, `${what}: heat-map, means of blocks`) : null,
    s.bars ? histogram(s.bars, `${what}: histogram from ${formatNumber(t.min)} to ${formatNumber(t.max)}`) : null);
  return element("div", { "data-what": what, "data-norm": String(t.norm) }, warning, pictures, definitions([
    ["range", t.min === undefined ? null : `${formatNumber(t.min)} … ${formatNumber(t.max)}`],
    ["mean ± std", t.mean === undefined ? null : `${formatNumber(t.mean)} ± ${formatNumber(t.std)}`],
    ["norm", t.norm === undefined ? null : formatNumber(t.norm)],
    ["zeros", t.zeros ? `${t.zeros} of ${s.shape.reduce((a, b) => a * b, 1)}` : null]]));
}

function drawing(width, height, label) {
  const canvas = element("canvas", { role: "img", "aria-label": label, title: label });
  const ratio = 2;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return [canvas, context];
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

function resolved(name) {
  const probe = element("span", { style: `color:${colour(name)}` });
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function heatmap(grid, label) {
  const side = 13, columns = grid[0].length;
  const cell = Math.max(3, Math.min(side, Math.floor(170 / Math.max(columns, grid.length))));
  const [canvas, context] = drawing(columns * cell, grid.length * cell, label);
  const most = largest(grid.flat());
  const down = resolved("down"), up = resolved("up"), bad = resolved("bad");
  grid.forEach((row, i) => row.forEach((v, j) => {
    const odd = typeof v !== "number" || !Number.isFinite(v);
    context.globalAlpha = odd ? 1 : most > 0 ? Math.abs(v) / most : 0;
    context.fillStyle = odd ? bad : v < 0 ? down : up;
    context.fillRect(j * cell, i * cell, cell, cell);
  }));
  return canvas;
}

function histogram(bars, label) {
  const [canvas, context] = drawing(150, 64, label);
  const most = Math.max(...bars), wide = 150 / bars.length;
  context.fillStyle = resolved("op-line");
  bars.forEach((n, i) => {
    const h = n ? Math.max(1, (n / most) * 60) : 0;
    context.fillRect(i * wide + 0.5, 64 - h, wide - 1, h);
  });
  return canvas;
}

// A formula as MathML, made anew from its markup: elements of MathML and their text, nothing else.
const MATH = "http://www.w3.org/1998/Math/MathML";

export function mathView(markup) {
  const copy = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || node.namespaceURI !== MATH) return "";
    const made = document.createElementNS(MATH, node.localName);
    made.append(...[...node.childNodes].map(copy));
    return made;
  };
  return copy(new DOMParser().parseFromString(markup, "application/xml").documentElement);
}

export function sourceLine(source) {
  if (!source) return null;
  const file = source.file.split(/[\\/]/).at(-1);
  return element("div", {}, element("span", { class: "muted", title: source.file }, `${file}:${source.line}`),
    source.text ? element("code", { class: "line" }, source.text) : null);
}

export function savedList(saved) {
  if (!saved.length) return null;
  const total = saved.reduce((a, s) => a + s.bytes, 0);
  return element("div", {}, definitions(saved.map((s) =>
    [s.name, `${s.dtype} ${formatShape(s.shape)}, ${formatBytes(s.bytes)}`])),
    saved.length > 1 ? element("div", { class: "muted" }, `${formatBytes(total)} together`) : null);
}
