"""The interactive page, in a real browser without a window."""

from __future__ import annotations

import re

import pytest

import autograd
import nn
from autograd import viz


def scalars():
    a = autograd.tensor(2.0, requires_grad=True)
    b = autograd.tensor(-3.0, requires_grad=True)
    c = a * b + a
    return (a, b), (c * c * 0.1).tanh()


def network(blocks=3):
    autograd.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), *[nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(blocks)])
    with viz.record():
        loss = net(autograd.randn(2, 3)).square().sum()
    return net, loss


def gradients_shown(tab):
    """The gradients of the leaves, by name, as the page has them in its last step."""
    return tab.evaluate("""() => Object.fromEntries(explorer.model.nodes
        .filter((n) => n.kind === "leaf" || n.kind === "parameter").map((n) => [n.name, n.grad.values]))""")


def test_gradients_shown_are_the_engines(show) -> None:
    (a, b), out = scalars()
    tab = show(viz.explore(out, params={"a": a, "b": b}))
    out.backward()
    assert gradients_shown(tab) == {"a": [a.grad.item()], "b": [b.grad.item()]}
    tab.keyboard.press("End")
    for name, t in {"a": a, "b": b}.items():  # and in the text of the side panel
        tab.evaluate("(name) => explorer.show(explorer.model.nodes.find((n) => n.name === name).id)", name)
        assert float(tab.get_attribute("#detail [data-what=gradient]", "data-value")) == t.grad.item()


def test_contributions_and_accumulation_step_by_step(show) -> None:
    (a, b), out = scalars()
    graph = viz.graph(out, params={"a": a, "b": b})
    out.backward()
    tab = show(graph.explore())
    forward = tab.evaluate("explorer.model.turn")
    totals = []
    for k, step in enumerate(graph.backward):
        tab.evaluate("(n) => explorer.goTo(n)", forward + k + 1)
        assert tab.inner_text("#now .phase") == f"backward {k + 1} of {len(graph.backward)}"
        shown = tab.eval_on_selector_all("#now .flow [data-what=contribution]", "all => all.map(e => Number(e.dataset.value))")
        assert shown == [graph.edges[e]["contribution"]["values"][0] for e in step["edges"]]
        totals += tab.eval_on_selector_all("#now .flow [data-what=total]", "all => all.map(e => Number(e.dataset.value))")
    assert a.grad.item() in totals
    assert "× " in tab.inner_text("#now .flow .sum >> nth=0")


def test_stepping_to_the_end_and_back(show) -> None:
    _, loss = network()
    tab = show(viz.explore(loss))
    tab.click("#open-all")
    steps = tab.evaluate("explorer.model.steps.length")
    states = []
    for k in range(steps):
        states.append(tab.inner_text("#now"))
        tab.keyboard.press("ArrowRight")
        assert tab.evaluate("explorer.state.done") == k + 1
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("explorer.state.done") == steps
    for k in reversed(range(steps)):
        tab.keyboard.press("ArrowLeft")
        assert tab.inner_text("#now") == states[k]
    assert tab.evaluate("explorer.state.done") == 0


def test_not_computed_yet_is_not_zero(show) -> None:
    x = autograd.tensor(-1.0, requires_grad=True)
    y = x.relu() * 2
    tab = show(viz.explore(y))
    tab.evaluate("explorer.show(explorer.model.nodes.find((n) => n.op === 'relu').id)")
    assert tab.inner_text("#detail").count("not computed yet") == 2
    tab.keyboard.press("End")
    assert "not computed yet" not in tab.inner_text("#detail")
    assert tab.get_attribute("#detail [data-what=value]", "data-value") == "0"
    tab.evaluate("explorer.show(0)")
    assert tab.get_attribute("#detail [data-what=gradient]", "data-value") == "0"
    assert "every output is zero" in tab.inner_text("#findings")


def test_modules_open_and_close_and_are_stepped_over(show) -> None:
    _, loss = network(blocks=12)
    tab = show(viz.explore(loss))
    tab.click("#close-all")
    closed = tab.evaluate("explorer.state.scene.boxes.length")
    assert closed == 3  # the network, the square, the sum
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("explorer.state.done") == 25
    tab.keyboard.press("ArrowLeft")
    assert tab.evaluate("explorer.state.done") == 0
    tab.click("#open-all")
    nodes = tab.evaluate("explorer.model.nodes.length")
    assert tab.evaluate("explorer.state.scene.boxes.length") == nodes
    overlaps = """() => { const all = explorer.state.scene.boxes; let n = 0;
        all.forEach((a, i) => all.slice(i + 1).forEach((b) => {
            if (a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h) n += 1; })); return n; }"""
    assert tab.evaluate(overlaps) == 0
    fold = tab.evaluate("explorer.model.modules.find((m) => m.repeat).repeat")
    assert fold == 12


def test_a_click_on_a_module_opens_it(show) -> None:
    _, loss = network(blocks=12)
    tab = show(viz.explore(loss))
    tab.click("#close-all")
    x, y = tab.evaluate("""() => { const s = explorer.state, b = s.scene.boxes.find((b) => b.id >= s.scene.N);
        const r = document.getElementById("canvas").getBoundingClientRect();
        return [r.left + s.view.x + (b.x + b.w / 2) * s.view.scale, r.top + s.view.y + (b.y + b.h / 2) * s.view.scale]; }""")
    tab.mouse.move(x, y)
    assert "Sequential" in tab.inner_text("#tip")
    tab.mouse.click(x, y)
    assert tab.evaluate("explorer.state.scene.boxes.length") > 3


def test_search(show) -> None:
    _, loss = network(blocks=12)
    tab = show(viz.explore(loss))
    tab.keyboard.press("/")
    tab.keyboard.type("3.0.weight")
    assert tab.inner_text("#found") == "1 found"
    tab.keyboard.press("Enter")
    assert tab.inner_text("#detail h2") == "3.0.weight"
    assert tab.evaluate("explorer.state.scene.byId.has(explorer.state.selected)")
    tab.keyboard.press("Escape")
    tab.keyboard.press("/")
    tab.keyboard.type("no such thing")
    assert tab.inner_text("#found") == "0 found"


def test_keyboard_alone(show) -> None:
    _, loss = network(blocks=12)
    tab = show(viz.explore(loss))
    tab.focus("#canvas")
    tab.keyboard.press("c")
    tab.keyboard.press("ArrowDown")
    assert "module" in tab.inner_text("#say") and "closed" in tab.inner_text("#say")
    tab.keyboard.press("Enter")
    assert "open" in tab.inner_text("#say")
    tab.keyboard.press("End")
    assert tab.evaluate("explorer.state.done === explorer.model.steps.length")
    tab.keyboard.press("Home")
    scale = tab.evaluate("explorer.state.view.scale")
    tab.keyboard.press("+")
    assert tab.evaluate("explorer.state.view.scale") > scale
    left = tab.evaluate("explorer.state.view.x")
    tab.keyboard.press("Shift+ArrowRight")
    assert tab.evaluate("explorer.state.view.x") == left - 60
    tab.keyboard.press("?")
    assert tab.is_visible("#keys")
    tab.keyboard.press("Escape")
    assert not tab.is_visible("#keys")
    reached = set()
    for _ in range(25):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.id"))
    assert {"search", "canvas", "play", "slider"} <= reached


def test_list_of_steps_for_screen_readers(show) -> None:
    (a, b), out = scalars()
    tab = show(viz.explore(out, params={"a": a, "b": b}))
    rows = tab.eval_on_selector_all("#steps button", "all => all.map(b => b.getAttribute('aria-label'))")
    assert len(rows) == tab.evaluate("explorer.model.steps.length")
    assert rows[0] == "forward v1 = a × b → −6"
    assert rows[-1] == "backward v1: gradient −0.1204; to a: 0.3613; to b: −0.2408"
    tab.click("#steps li:nth-child(3) button")
    assert tab.evaluate("explorer.state.done") == 3
    assert tab.get_attribute("#steps li:nth-child(3) button", "aria-current") == "step"
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    assert tab.evaluate("explorer.state.done") == 4
    assert tab.inner_text("#say").startswith("forward: ")


def test_playing_reaches_the_end(show) -> None:
    _, out = scalars()
    tab = show(viz.explore(out))
    tab.select_option("#speed", "40")
    tab.focus("#canvas")
    tab.keyboard.press(" ")
    # Not wait_for_function, which the page's security policy keeps from evaluating text.
    tab.evaluate("""async () => { while (explorer.state.done < explorer.model.steps.length)
        await new Promise((resolve) => setTimeout(resolve, 10)); }""")
    assert tab.get_attribute("#play", "aria-label") == "Play"


HOSTILE = "<script>window.hacked = 1</script>"


def test_hostile_names_are_text(show, monkeypatch) -> None:
    class Evil(nn.Module):
        def __init__(self):
            super().__init__()
            self.add_module("<img src=x onerror=hacked=1>", nn.Linear(2, 2))

        def forward(self, x):
            return next(iter(self.children()))(x)

        def extra_repr(self):
            return "</script><script>window.hacked = 1</script>"

    Evil.__name__ = HOSTILE
    net = Evil()
    x = autograd.ones(1, 2, requires_grad=True)
    with viz.record():
        out = net(x).sum()
    page = viz.explore(out, params={HOSTILE: x, "__proto__": autograd.ones(1), "{{script}}": autograd.ones(1)})
    assert HOSTILE not in page.html
    tab = show(page)
    tab.click("#open-all")
    tab.keyboard.press("End")
    tab.evaluate("explorer.model.nodes.forEach((n) => explorer.show(n.id))")
    tab.evaluate("explorer.select(explorer.state.scene.N)")
    assert HOSTILE in tab.inner_text("#detail")
    svg = tab.evaluate("explorer.svg()")
    assert "<script" not in svg and "&lt;script&gt;" in svg
    assert tab.evaluate("window.hacked") is None
    assert tab.evaluate("document.images.length") == 0


def test_svg_export(show, tmp_path) -> None:
    _, loss = network()
    tab = show(viz.explore(loss))
    tab.keyboard.press("End")
    with tab.expect_download() as download:
        tab.click("#svg")
    path = tmp_path / "saved.svg"
    download.value.save_as(path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<svg") and "linear" in text
    assert text.count("<rect") > tab.evaluate("explorer.state.scene.boxes.length")


def test_dark_and_light(show) -> None:
    _, out = scalars()

    def paper(tab):
        return [int(v) for v in re.findall(r"\d+", tab.evaluate("explorer.state.theme.paper"))[:3]]

    light = show(viz.explore(out), color_scheme="light")
    dark = show(viz.explore(out), color_scheme="dark")
    assert min(paper(light)) > 200 and max(paper(dark)) < 60
    dark.keyboard.press("t")
    assert min(paper(dark)) > 200


def test_notebook_shows_the_same_page(browser, tmp_path) -> None:
    _, out = scalars()
    (tmp_path / "notebook.html").write_text(viz.explore(out)._repr_html_(), encoding="utf-8")
    tab = browser.new_page()
    errors = []
    tab.on("pageerror", lambda error: errors.append(error))
    tab.goto((tmp_path / "notebook.html").as_uri())
    frame = tab.frames[1]
    assert frame.evaluate("explorer.model.nodes.length") == 8
    assert errors == []
    tab.close()


def test_nan_and_large_tensors_are_shown(show) -> None:
    autograd.manual_seed(0)
    w = autograd.randn(40, 30, requires_grad=True)
    with viz.record():
        loss = (w @ autograd.randn(30, 50)).log().mean()
    tab = show(viz.explore(loss))
    tab.keyboard.press("End")
    tab.evaluate("explorer.show(explorer.model.nodes.find((n) => n.op === 'log').id)")
    assert "NaN" in tab.inner_text("#detail .bad >> nth=0")
    assert tab.eval_on_selector_all("#detail canvas", "all => all.map(c => c.getAttribute('aria-label'))")[0].startswith("value: heat-map")


def test_the_path_of_a_nan_is_marked(show) -> None:
    x = autograd.tensor([1.0, -1.0], requires_grad=True)
    with viz.record():
        loss = (x * 2).log().sum()
    page = viz.explore(loss)
    assert page.graph.about["fault"]["phase"] == "forward"
    tab = show(page)
    assert "the first NaN of the forward pass arises here" in tab.inner_text("#now .fault")
    assert "keep the argument positive" in tab.inner_text("#now .fault")
    tab.click("#now .fault button")
    assert tab.inner_text("#detail h2").startswith("v2 = log(")
    tab.focus("#canvas")
    tab.keyboard.press("End")
    looks = """() => explorer.state.scene.wires.filter((w) => w.edges.some((e) => explorer.model.edges[e].bad))
        .map((w) => explorer.model.nodes[w.to].op)"""
    assert tab.evaluate(looks) == ["sum"]
    assert tab.evaluate("explorer.svg()").count('stroke-width="5"') == 1
    assert "origin" in tab.inner_text("#findings li:first-child")


def test_times_and_operations_are_shown(show) -> None:
    autograd.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    with viz.profile(), viz.record():
        loss = net(autograd.randn(5, 3)).sum()
    graph = viz.graph(loss)
    linear = next(n for n in graph.nodes if n["op"] == "linear")
    assert linear["flops"] == 2 * 5 * 3 * 4 and linear["forward_ms"] > 0 and linear["backward_ms"] > 0
    tab = show(graph.explore())
    assert "120 FLOPs" in tab.inner_text("#title") and "16 parameters" in tab.inner_text("#title")
    tab.evaluate("(id) => explorer.show(id)", linear["id"])
    said = tab.inner_text("#detail")
    assert "FLOPs" in said and "forward" in said and "backward" in said
    tab.click("#fit")
    x, y = tab.evaluate("""(id) => { const s = explorer.state, b = s.scene.byId.get(id);
        const r = document.getElementById("canvas").getBoundingClientRect();
        return [r.left + s.view.x + (b.x + b.w / 2) * s.view.scale, r.top + s.view.y + (b.y + 8) * s.view.scale]; }""", linear["id"])
    tab.mouse.move(x, y)
    assert re.search(r"FLOPs\s+120\s+time\s+.* forward, .* backward", tab.inner_text("#tip"))


def test_the_overview_can_be_read(show) -> None:
    from tapegrad.examples import EXAMPLES
    for name, least in (("gpt", 1.0), ("resnet", 0.6), ("neuron", 0.9)):
        tab = show(EXAMPLES[name].graph().explore())
        assert tab.evaluate("explorer.state.view.scale") >= least, name
        before = tab.evaluate("explorer.state.scene.boxes.length")
        tab.keyboard.press("c")
        tab.keyboard.press("o")
        assert tab.evaluate("explorer.state.scene.boxes.length") == before
        if name == "gpt":
            titles = "explorer.state.scene.boxes.map((b) => b.id - explorer.state.scene.N).filter((m) => m >= 0)"
            assert 12 in [tab.evaluate(f"explorer.model.modules[{m}].repeat") for m in tab.evaluate(titles)]


def test_numbers_are_put_into_the_equation(show) -> None:
    (a, b), out = scalars()
    tab = show(viz.explore(out, params={"a": a, "b": b}))
    tab.keyboard.press("ArrowRight")
    assert tab.inner_text("#now h2").endswith("v1 = a × b") and tab.inner_text("#now .equation") == "v1 = 2 × (−3) = −6"


def test_what_cannot_be_saved_is_said() -> None:
    _, out = scalars()
    page = viz.explore(out)
    with pytest.raises(ValueError, match=r"\.html, not as \.png.*page\.graph\.save\('graph\.png'\)"):
        page.save("x.png")


def test_ten_thousand_nodes(show, capsys) -> None:
    autograd.manual_seed(0)
    layer = [autograd.randn(2, requires_grad=True) for _ in range(50)]
    with viz.record():
        for depth in range(1, 101):
            layer = [(layer[i] * layer[(i + depth) % 50]).tanh() for i in range(50)]
        loss = sum(t.sum() for t in layer)
    page = viz.explore(loss)
    nodes = len(page.graph.nodes)
    assert nodes >= 10_000
    tab = show(page)
    opened = tab.evaluate("explorer.openedAfter")
    frames = tab.evaluate("""async () => { const taken = []; let last = performance.now();
        for (let i = 0; i < 40; i += 1) { explorer.pan(7, 3); await new Promise(requestAnimationFrame);
            const now = performance.now(); taken.push(now - last); last = now; }
        return taken.sort((a, b) => a - b); }""")
    drawn = tab.evaluate("""() => { const taken = [];
        for (let i = 0; i < 20; i += 1) { const t = performance.now(); explorer.paint(); taken.push(performance.now() - t); }
        return taken.sort((a, b) => a - b); }""")
    shown = tab.evaluate("explorer.shownAfter")
    with capsys.disabled():
        print(f"\n{nodes} nodes: page of {len(page.html) / 1e6:.1f} MB open after {opened:.0f} ms, the first picture after "
              f"{shown:.0f} ms; a frame while panning "
              f"{frames[20]:.0f} ms (median), {frames[36]:.0f} ms (90 %); drawing alone {drawn[10]:.0f} ms")
    tab.keyboard.press("End")
    assert tab.evaluate("explorer.state.done === explorer.model.steps.length")
