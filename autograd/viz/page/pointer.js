// The pointer on the canvas: a click selects, dragging moves, the wheel zooms, and resting on a box says what it is.

import { tipContents } from "./tip.js";

export function listen(canvas, box, state, { pan, zoom, select, toggle }) {
  const boxAt = (event) => {
    const { view, scene } = state, bounds = canvas.getBoundingClientRect();
    const x = (event.clientX - bounds.left - view.x) / view.scale, y = (event.clientY - bounds.top - view.y) / view.scale;
    const inside = (b) => x >= b.x && x <= b.x + b.w && y >= b.y && y <= b.y + b.h;
    const found = scene.boxes.find(inside);
    if (found) return found.id;
    const frame = scene.frames.filter((f) => inside(f) && y <= f.y + 28).at(-1);
    return frame ? frame.id : null;
  };
  const tip = (event) => {
    const id = boxAt(event);
    box.hidden = id === null;
    if (id === null) return;
    const bounds = canvas.getBoundingClientRect();
    box.replaceChildren(...tipContents(state, id));
    box.style.left = `${Math.min(event.clientX - bounds.left + 16, state.width - box.offsetWidth - 8)}px`;
    box.style.top = `${Math.min(event.clientY - bounds.top + 16, state.height - box.offsetHeight - 8)}px`;
  };
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) { tip(event); return; }
    const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    Object.assign(drag, { x: event.clientX, y: event.clientY, moved: true });
    canvas.classList.add("dragging");
    box.hidden = true;
    pan(dx, dy);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (drag && !drag.moved) {
      const id = boxAt(event);
      select(id, false);
      if (id !== null && id >= state.scene.N) toggle(id - state.scene.N);
    }
    drag = null;
    canvas.classList.remove("dragging");
  });
  canvas.addEventListener("pointerleave", () => { box.hidden = true; });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const bounds = canvas.getBoundingClientRect();
    const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016));
    zoom(factor, event.clientX - bounds.left, event.clientY - bounds.top);
  }, { passive: false });
}
