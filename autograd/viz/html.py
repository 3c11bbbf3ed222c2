"""`explore`: the graph as one interactive page, complete in one file."""

from __future__ import annotations

import html
import os
import re
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import fail
from .model import build
from .packing import embedded, packed

if TYPE_CHECKING:
    from .model import Graph

_PAGE = Path(__file__).with_name("page")
# Each after what it imports.
_SCRIPTS = ("numbers.js", "data.js", "words.js", "layout.js", "scene.js", "boxes.js", "draw.js", "svg.js",
            "elements.js", "panels.js", "steps.js", "tip.js", "pointer.js", "main.js")


class Page:
    """An interactive page about a graph. In a notebook it shows itself.

    Attributes:
        graph: what the page shows.
        html: the text of the page: script, style and data included, nothing else needed.

    >>> import autograd
    >>> from autograd import viz
    >>> page = viz.explore(autograd.tensor(3., requires_grad=True).exp())
    >>> page.save("exp.html")
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        parts = {
            "title": html.escape(f"{graph.about['title']} - graph"), "style": (_PAGE / "style.css").read_text("utf-8"),
            "script": _script(), "data": embedded(packed(graph.as_dict()))}
        shell = (_PAGE / "shell.html").read_text("utf-8")
        self.html = re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], shell)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file that any browser opens, without a network.

        Raises:
            ValueError: the name ends in something other than ``.html`` or ``.htm``.
        """
        suffix = Path(path).suffix.lower()
        if suffix not in (".html", ".htm"):
            fail(ValueError, f"a page is written as .html, not as {suffix or 'a file without a suffix'}. For a "
                             f"picture, page.graph.save('graph{suffix or '.png'}') has Graphviz draw one, and the page "
                             "itself has a button that saves what it shows as SVG")
        Path(path).write_text(self.html, "utf-8")

    def open(self) -> str:
        """Show the page in the browser; returns the path of the temporary file it is in."""
        handle, path = tempfile.mkstemp(".html", "tapegrad-")
        os.close(handle)
        self.save(path)
        webbrowser.open(Path(path).as_uri())
        return path

    def __repr__(self) -> str:
        return f"<Page of {self.graph.about['title']}: {len(self.graph.nodes)} nodes; .save(path) or .open() it>"

    def _repr_html_(self) -> str:
        return (f'<iframe srcdoc="{html.escape(self.html)}" title="Graph of {html.escape(self.graph.about["title"])}" '
                'style="width:100%;height:640px;border:1px solid #ccc;border-radius:8px"></iframe>')


def explore(target: Any, inputs: Any = None, params: Any = None, *, gradient: Any = None) -> Page:
    """An interactive page about the computation behind a tensor: the graph, and both passes step by step.

    The backward pass is run once to show it; no ``grad`` changes, and the graph can be used afterwards. Compute the
    loss inside `autograd.viz.record` to have every value, and modules that open and close.

    Args:
        target: a tensor, a sequence of tensors, or a module.
        inputs: for a module: what to call it with.
        params: names of tensors; see `autograd.viz.graph`.
        gradient: the gradient to start from, where the target is no single number.

    >>> import autograd
    >>> from autograd import viz
    >>> x = autograd.tensor(3., requires_grad=True)
    >>> viz.explore(x * x)
    <Page of mul: 2 nodes; .save(path) or .open() it>
    """
    return Page(build(target, inputs, params, gradient, True, sys._getframe(1)))


def _script() -> str:
    """The modules of the page as one: without their imports of each other."""
    texts = []
    for name in _SCRIPTS:
        text = (_PAGE / name).read_text("utf-8")
        text = re.sub(r"^import [^;]*;\n", "", text, flags=re.MULTILINE)
        texts.append(re.sub(r"^export ", "", text, flags=re.MULTILINE))
    return "\n".join(texts)
