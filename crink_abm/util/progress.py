"""How far long work is: a bar on a terminal, a widget in a notebook, else a plain line a minute."""

import contextlib
import sys
import time
from collections.abc import Callable
from typing import Any

#: Seconds between two lines where there is no terminal.
PAUSE = 60.0


def tell(text: str) -> None:
    """A line on stderr; one that is closed, full or broken ends no work."""
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr is not None:
            print(text, file=sys.stderr, flush=True)


def _on_terminal() -> bool:
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # closed
        return False


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def _nothing(done: int, total: int, words: str = "") -> None:
    """What is called where nothing is shown."""


def chosen(progress: Callable[[int, int, str], object] | bool | None, unit: str) -> Callable[[int, int, str], object]:
    """The callback that a caller means: its own; a bar or widget for True; nothing for False; a widget in notebooks for None."""
    if callable(progress):
        return progress
    if progress or (progress is None and in_notebook()):
        return shown(unit)
    return _nothing


def shown(unit: str) -> Callable[..., None]:
    """A callback (done, in all, a few words or none) that shows how far the work is; work may begin anew (done = 0)."""
    if in_notebook() or _on_terminal():
        return _unbroken(_bars(unit))
    return _lines(unit)


def _unbroken(show: Callable[[int, int, str], object]) -> Callable[..., None]:
    """What shows progress, and gives up without a word where it cannot: a terminal may close while work goes on."""

    def tried(done: int, total: int, words: str = "") -> None:
        with contextlib.suppress(OSError, ValueError):
            show(done, total, words)

    return tried


def _bars(unit: str) -> Callable[[int, int, str], None]:
    bar = None

    def show(done: int, total: int, words: str = "") -> None:
        nonlocal bar
        if bar is None or done == 0:  # a sweep with a pilot is two pieces of work
            bar = _bar()(total=total, unit=unit, unit_scale=True, leave=not in_notebook())
        bar.set_postfix_str(words, refresh=False)
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return show


def _bar() -> Any:
    """tqdm's bar: a widget in a notebook that can show one, else text on stderr."""
    if in_notebook():
        try:
            import ipywidgets  # noqa: F401  (tqdm's widget warns at length where it is missing)
            from tqdm.notebook import tqdm

            return tqdm
        except ImportError:
            pass
    from tqdm import tqdm

    return tqdm


def _lines(unit: str) -> Callable[[int, int, str], None]:
    begun = told = before = 0.0

    def show(done: int, total: int, words: str = "") -> None:
        nonlocal begun, told, before
        now = time.monotonic()
        if done == 0 or not begun:
            begun, told, before = now, now, done
        elif now - told >= PAUSE or done >= total:
            told = now
            tell(line(done, total, (done - before) / max(now - begun, 1e-9), unit, words))

    return show


def line(done: int, total: int, rate: float, unit: str, words: str = "") -> str:
    """How far work is, in one line; ``rate`` is in units a second."""
    left = f"{(total - done) / rate:,.0f} s left" if rate > 0 else "time left unknown"
    told = f"{done:,} of {total:,} {unit}s ({100 * done // max(total, 1)} %), {rate:,.0f} a second, {left}"
    return f"{told}; {words}" if words else told
