// The whole picture as SVG text, as it stands after so many steps.

import { cellsOf, describeBox, FONT, hasPicture, LINE, lookOf, placesIn, SIDE } from "./boxes.js";
import { curve } from "./draw.js";
import { moduleTitle } from "./words.js";

export function toSvg({ model, scene, theme, done }) {
  const space = "http://www.w3.org/2000/svg";
  const make = (name, attributes, parent) => {
    const made = document.createElementNS(space, name);
    for (const [k, v] of Object.entries(attributes)) made.setAttribute(k, v);
    parent.append(made);
    return made;
  };
  const m = 20;
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", `${-m} ${-m} ${scene.width + 2 * m} ${scene.height + 2 * m}`);
  svg.setAttribute("width", scene.width + 2 * m);
  svg.setAttribute("height", scene.height + 2 * m);
  svg.setAttribute("font-family", FONT);
  make("title", {}, svg).textContent = model.about.title;
  make("rect", { x: -m, y: -m, width: scene.width + 2 * m, height: scene.height + 2 * m, fill: theme.paper }, svg);
  for (const f of scene.frames) {
    const module = model.modules[f.id - scene.N];
    make("rect", { x: f.x, y: f.y, width: f.w, height: f.h, rx: 12, fill: theme.inside, stroke: theme.line,
      "stroke-dasharray": module.repeat ? "7 5" : "none" }, svg);
    make("text", { x: f.x + 12, y: f.y + 21, "font-size": 14, "font-weight": 600, fill: theme["module-line"] }, svg)
      .textContent = moduleTitle(module);
  }
  for (const w of scene.wires) {
    const round = (p) => p.map((v) => v.toFixed(1)).join(" ");
    const path = { d: "", moveTo(...p) { this.d += `M${round(p)}`; }, lineTo(...p) { this.d += `L${round(p)}`; },
      bezierCurveTo(...p) { this.d += `C${round(p)}`; }, quadraticCurveTo(...p) { this.d += `Q${round(p)}`; } };
    curve(path, w.points);
    const look = lookOf(model, w, done);
    make("path", { d: path.d, fill: "none", "stroke-width": look === "bad" ? 5 : 1.6,
      stroke: { bad: theme.bad, back: theme.gradient }[look] ?? theme.edge }, svg);
  }
  for (const box of scene.boxes) {
    const d = describeBox(model, scene, box, done);
    const fill = d.origin ? theme["bad-fill"] : theme[d.kind];
    make("rect", { x: box.x, y: box.y, width: box.w, height: box.h, rx: d.kind === "constant" ? 3 : 9,
      fill: d.computed ? fill : theme.panel, stroke: d.marked ? theme.bad : theme[`${d.kind}-line`],
      "stroke-width": d.marked ? 3 : 1.5, "stroke-dasharray": d.computed ? "none" : "5 4" }, svg);
    const at = placesIn(box, d.pictures);
    d.lines.forEach((line, i) => {
      make("text", { x: i ? at.text : at.middle, y: box.y + 19 + i * LINE, "text-anchor": "middle", "font-size": 13,
        "font-weight": line.bold ? 600 : 400, fill: theme[line.tone] }, svg).textContent = line.text;
    });
    d.pictures.forEach((s, i) => { if (hasPicture(s)) picture(s, at.pictures[i], at.top); });
  }
  function picture(s, x, y) {
    const cells = cellsOf(s), most = cells.flat().reduce((a, v) => (Number.isFinite(v) ? Math.max(a, Math.abs(v)) : a), 0);
    const group = make("g", { transform: `translate(${x} ${y})` }, svg);
    make("rect", { width: SIDE, height: SIDE, fill: theme.panel, stroke: theme.line }, group);
    const wide = SIDE / cells[0].length, high = SIDE / cells.length;
    cells.forEach((row, i) => row.forEach((v, j) => {
      const odd = typeof v !== "number" || !Number.isFinite(v);
      make("rect", { x: (j * wide).toFixed(2), y: (i * high).toFixed(2), width: wide.toFixed(2), height: high.toFixed(2),
        fill: odd ? theme.bad : v < 0 ? theme.down : theme.up,
        "fill-opacity": odd ? 1 : most > 0 ? Math.sqrt(Math.abs(v) / most).toFixed(2) : 0 }, group);
    }));
  }
  return new XMLSerializer().serializeToString(svg);
}
