"""Looking leaves no thread in a special mode; pages are looked at in a real browser."""

import shutil

import pytest

from autograd.modes import MODE


@pytest.fixture(autouse=True)
def modes_are_left():
    yield
    assert MODE.plain


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no Chromium is installed: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def show(browser, tmp_path):
    """Opens a page; in the end, no script has failed and nothing was requested."""
    contexts, problems = [], []

    def opened(page, **options):
        path = tmp_path / "page.html"
        page.save(path)
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: problems.append(f"error: {error}"))
        tab.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        tab.on("request", lambda request: None if request.url == path.as_uri() else problems.append(request.url))
        tab.goto(path.as_uri())
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert problems == []
