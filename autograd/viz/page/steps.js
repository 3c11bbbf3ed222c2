// The list of steps. Of a long list the part around the present step is there, and buttons lead on.

import { element } from "./elements.js";
import { stepLine, stepText } from "./words.js";

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
      b.classList.toggle("done", i < done);
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
      const { phase } = model.steps[i], [what, result] = stepLine(model, i);
      const button = element("button", { "data-step": i, class: phase, title: stepText(model, i),
        "aria-label": `${phase} ${stepText(model, i)}`, onclick: () => this.go(i + 1) },
      element("span", {}, what), element("span", { class: "result" }, result));
      this.buttons.push(button);
      rows.push(element("li", { class: i === model.turn ? "turn" : null }, button));
    }
    if (to < all) rows.push(more(`… ${all - to} later steps`, to + 1));
    this.into.replaceChildren(...rows);
  }
}
