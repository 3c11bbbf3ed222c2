"""A flame graph as one HTML page without scripts from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

_ROW = 24  # pixels
#: Narrower than this share of the whole, a box is left out of the page.
_LEAST = 1e-4

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
:root {{ color-scheme: light dark; --text: #1b1b1b; --back: #fff; }}
@media (prefers-color-scheme: dark) {{ :root {{ --text: #eee; --back: #181818; }} }}
body {{ font: 14px system-ui, sans-serif; color: var(--text); background: var(--back); margin: 16px; }}
#flame {{ position: relative; height: {height}px; }}
#flame button {{ position: absolute; height: {box}px; overflow: hidden; white-space: nowrap; text-align: left;
  border: 0; border-radius: 2px; padding: 0 4px; font: inherit; font-size: 12px; color: #1b1b1b; cursor: zoom-in; }}
#flame button:focus-visible {{ outline: 2px solid var(--text); }}
.forward {{ background: #9fc5e8; }} .backward {{ background: #f6b26b; }}
.forward.op {{ background: #cfe2f3; }} .backward.op {{ background: #fce5cd; }}
</style></head><body><h1>{title}</h1>
<p>Width is time. Forward is blue, backward orange; operations are pale. Click a box, or press Enter on it, to see it in
full width; Escape shows everything. <output id="said"></output></p>
<div id="flame">{boxes}</div>
<script>
const all = [...document.querySelectorAll('#flame button')];
function show(x, w) {{
  for (const b of all) {{
    const left = Math.max(+b.dataset.x, x), right = Math.min(+b.dataset.x + +b.dataset.w, x + w);
    b.style.display = right > left + w * 1e-9 ? '' : 'none';
    b.style.left = (left - x) / w * 100 + '%';
    b.style.width = 'calc(' + (right - left) / w * 100 + '% - 1px)';
  }}
}}
for (const b of all) {{
  b.onclick = () => show(+b.dataset.x, +b.dataset.w);
  b.onmouseenter = b.onfocus = () => {{ document.getElementById('said').textContent = b.title; }};
}}
onkeydown = e => {{ if (e.key === 'Escape') show(0, 1); }};
show(0, 1);
</script></body></html>
"""


def flame_page(stacks: Sequence[tuple[tuple[str, ...], float]], title: str) -> str:
    """The page.

    Args:
        stacks: (names from the outside in, seconds) of each piece of work. The first name is the phase.
        title: above it.
    """
    root: dict[Any, Any] = {}
    for names, seconds in stacks:
        level = root
        for i, name in enumerate(names):
            part = level.setdefault((name, i == len(names) - 1), {"seconds": 0.0, "calls": 0, "inside": {}})
            part["seconds"] += seconds
            part["calls"] += 1
            level = part["inside"]
    whole = sum(p["seconds"] for p in root.values()) or 1.0
    boxes: list[str] = []
    deepest = 0

    def draw(level: dict[Any, Any], x: float, depth: int, phase: str) -> None:
        nonlocal deepest
        for (name, leaf), part in level.items():
            share = part["seconds"] / whole
            if share >= _LEAST:
                deepest = max(deepest, depth)
                kind = phase or name
                said = f"{name}: {part['seconds'] * 1e3:.3f} ms, {share:.1%}, {part['calls']} operations"
                boxes.append(
                    f'<button class="{escape(kind, quote=True)}{" op" if leaf else ""}" data-x="{x:.9f}" '
                    f'data-w="{share:.9f}" style="top:{depth * _ROW}px" title="{escape(said, quote=True)}">'
                    f"{escape(name)}</button>")
                draw(part["inside"], x, depth + 1, kind)
            x += share

    draw(root, 0.0, 0, "")
    return _PAGE.format(title=escape(title), boxes="\n".join(boxes), height=(deepest + 1) * _ROW, box=_ROW - 2)
