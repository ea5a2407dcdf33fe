"""The page in a real browser, from a file, without a network: its numbers are Python's, whatever a user does with it."""

import shutil
import time
import tomllib

import numpy as np
import pytest

import crink_abm as crink
from crink_abm.engine import compiled
from crink_abm.ensemble.build import ensemble
from crink_abm.experiment import reader
from crink_abm.model import levers, outcomes
from crink_abm.page import bundle

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="drives the browser")
pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"), pytest.mark.once]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    place = tmp_path_factory.mktemp("browser") / "page.html"
    place.write_text(bundle.made(ensemble("calibrated"), months=48)[0], encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as p:
        opened = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def opened(browser, file):
    """A function that opens the page; what goes wrong in it fails the test."""
    wrong, contexts = [], []

    def go(address="", width=1200, **more):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, offline=True, accept_downloads=True, **more
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        page.on(
            "request", lambda request: None if request.url.startswith(("file:", "blob:")) else wrong.append(request.url)
        )
        page.goto(file.as_uri() + address)
        return page

    yield go
    for context in contexts:
        context.close()
    assert wrong == []


def until(page, runs: int, seconds: float = 120.0):
    """Wait until so many runs are painted; their estimates."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if page.evaluate("window.crink ? crink.painted : 0") >= runs:
            return page.evaluate("crink.estimates")
        time.sleep(0.1)
    raise AssertionError(f"{page.inner_text('#headline')} {page.inner_text('#progress')}")


def table(policy, base, runs, seed, months=48):
    found = crink.compare(base, policy, runs=runs, seed=seed, months=months, names=["base", "policy"])
    return found[found["policy"] == "policy"].set_index("outcome")


def test_numbers_are_those_of_compare(opened):
    page = opened("#exposure=0.9&base.exposure=0.6&seed=7&runs=10000")
    for row in until(page, 10_000):
        want = table({"exposure": 0.9}, {"exposure": 0.6}, 10_000, 7).loc[row["outcome"]]
        assert row["n"] == 10_000 and row["events"] == want["n_events"]
        for name, column in (
            ("prob", "prob"),
            ("ensembleLow", "ensemble_low"),
            ("diff", "diff"),
            ("diffEnsembleHigh", "diff_ensemble_high"),
        ):
            assert row[name] == pytest.approx(want[column], abs=2e-9)


def test_every_result_bit_is_the_compiled_engines(opened):
    """The same runs in the browser's own WebAssembly: first months and residuals of every run."""
    page = opened("#usfk_posture=0.9&seed=3&runs=10000")
    until(page, 10_000)
    got = page.evaluate(
        """() => { const [here] = [...crink.pool.answers.values()].filter((a) => a.question === crink.session.here);
        return here.slices.slice(0, 20).map((s) => [[...s.when], [...s.residual]]); }"""
    )
    worlds, calendar = ensemble("calibrated"), levers.calendar({"usfk_posture": 0.9}, 48)
    want = compiled.run_many(calendar, worlds.values, 10_000, seed=3, world_of=worlds.of_runs(0, 10_000))
    assert np.array_equal(np.concatenate([w for w, _ in got]).reshape(10_000, -1), outcomes.months(want))
    residuals = outcomes.residuals(want) / outcomes.RESIDUAL_UNIT
    assert np.array_equal(np.concatenate([r for _, r in got]).reshape(10_000, -1), residuals)


def test_a_slider_moves_the_numbers_and_the_address(opened):
    page = opened("#seed=7&runs=10000")
    until(page, 10_000)
    assert "Move a lever" in page.inner_text("#headline")
    page.focus("#lever-exposure")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    found = {row["outcome"]: row for row in until(page, 10_000)}
    assert found["any_failure"]["diff"] == pytest.approx(
        table({"exposure": 0.9}, {}, 10_000, 7).loc["any_failure", "diff"], abs=2e-9
    )
    time.sleep(0.5)
    address = page.evaluate("location.hash")
    assert "exposure=0.9" in address
    other = opened(address)
    assert until(other, 10_000) == list(found.values())
    page.click("#pin")
    until(page, 10_000)
    assert "baseline" in page.inner_text("#headline").lower() and "Exposure of transfers 0.90" in page.inner_text(
        "#baseline-said"
    )


def test_dates_map_story_and_theories(opened):
    page = opened("#usfk_posture=2027-01:0.5,2028-06:0.1&seed=2&runs=10000&worlds.xi_theory=0,1")
    found = until(page, 9_000)
    assert {row["n"] for row in found} != {10_000}  # whole rounds of the worlds that are left
    page.click("#map-go")
    page.click("#run-go")
    page.wait_for_selector(".events li", timeout=60_000)
    assert "20" in page.inner_text(".events")
    page.wait_for_selector("#map .pick", timeout=60_000)


def test_what_is_taken_away(opened, tmp_path):
    page = opened("#exposure=0.9&base.sanctions_intensity=0.7&seed=7&runs=10000")
    found = {row["outcome"]: row for row in until(page, 10_000)}
    for kind in ("csv", "toml", "svg", "png"):
        with page.expect_download(timeout=60_000) as download:
            page.click(f'[data-export="{kind}"]')
        download.value.save_as(tmp_path / f"x.{kind}")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert "no forecast" in (tmp_path / "x.svg").read_text()
    plan = tomllib.loads((tmp_path / "x.toml").read_text())
    assert plan["packages"]["policy"] == {"exposure": 0.9, "sanctions_intensity": 0.5}
    reader.read(tmp_path / "x.toml")
    results = crink.sweep(tmp_path / "x.toml", tmp_path / "out")
    want = results.estimates.set_index(["label", "outcome"]).loc[("policy", "any_failure")]
    assert found["any_failure"]["diff"] == pytest.approx(want["diff"], abs=2e-9)
    header, *lines = (tmp_path / "x.csv").read_text().splitlines()
    assert len(lines) == len(found) and header.startswith("outcome,n_runs,n_events")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (820, "dark"), (1360, "light")])
def test_nothing_is_wider_than_the_window(opened, width, scheme):
    page = opened("#exposure=0.9&runs=10000", width=width, color_scheme=scheme)
    until(page, 1000)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("input,select,button")].filter((e) =>
        !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim())).map((e) => e.outerHTML)"""
    )
    assert unnamed == []
