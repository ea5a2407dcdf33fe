"""One net under the command line: every end of a command is one of four exit statuses, with one message.

0 done, 1 failed, 2 bad input, 130 interrupted. What is known has a sentence of its own; what nobody foresaw is said to be a
fault of this package, and how to see more of it. ``CRINK_TRACEBACK=1`` shows the traceback of any failure.
"""

import _thread
import contextlib
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from ..util.errors import DiskError, InputError, RunsFailedError, one_line
from ..util.progress import tell
from ..version import __version__

#: Commands that take up where they were interrupted, whatever is said besides.
_CONTINUES = ("sweep", "calibrate")


def status(command: Callable[[], None], given: list[str]) -> int:
    """Call ``command``, which got ``given`` on the command line; what it came to, as an exit status."""
    try:
        _lenient(sys.stdout)
        _lenient(sys.stderr)
        command()
        _flushed()
        return 0
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        if os.environ.get("CRINK_TRACEBACK", "") not in ("", "0"):
            tell("".join(traceback.format_exception(error)).rstrip())
        code, said = _told(error, given)
        if said:
            tell(said)
        return code


def _told(error: BaseException, given: list[str]) -> tuple[int, str]:
    """The exit status of an error, and what is said of it."""
    keeps = given[:1] == ["sweep"]
    if isinstance(error, KeyboardInterrupt) or _Interrupts.seen:
        continues = given[:1] and (given[0] in _CONTINUES or (given[0] == "rare" and any("--out" in x for x in given)))
        return 130, f"\ninterrupted{'; nothing is lost: the same command continues' if continues else ''}"
    if isinstance(error, InputError):
        return 2, f"crink-abm: {one_line(error)}"
    if isinstance(error, RunsFailedError):
        return 1, f"crink-abm: {error}"
    if isinstance(error, BrokenPipeError) and _nobody_reads():
        return 0, ""  # whoever read has read enough
    if isinstance(error, MemoryError):
        more = "; what is finished is kept" if keeps else ""
        return 1, one_line(f"crink-abm: this machine has not the memory ({error or 'none left'}): ask for less{more}")
    if isinstance(error, RecursionError):
        return 2, "crink-abm: what was given is nested too deeply; write it flatter"
    if isinstance(error, UnicodeError):
        return 2, one_line(
            f"crink-abm: text cannot be read or written ({error}); use UTF-8 in names, files and the locale"
        )
    more = "; what is finished is kept: mend it, and the same command continues" if keeps else ""
    if isinstance(error, DiskError):
        return 1, one_line(f"crink-abm: {error}") + more
    if isinstance(error, OSError):
        return 1, one_line(f"crink-abm: {_of_the_disk(error)}") + more
    if isinstance(error, ImportError):
        return 1, one_line(
            f"crink-abm: a library cannot be loaded ({error}): memory is short, or it is to be installed again"
        )
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" at {os.path.basename(at.filename)}:{at.lineno}" for at in frame)  # noqa: PTH119
    return 1, one_line(
        f"crink-abm: a fault of crink_abm {__version__}, not of yours: {type(error).__name__}{where}: {one_line(error, 160)}; "
        "please report this line with the command and its file (CRINK_TRACEBACK=1 shows the traceback)"
    )


def _of_the_disk(error: OSError) -> str:
    """An error of the system in words, with the place."""
    if error.strerror is None:
        return f"{type(error).__name__}: {error}"
    place = f"{error.filename!r}" if error.filename is not None else "standard output or a file"
    return f"{place} cannot be read or written ({error.strerror})"


def _lenient(stream: Any) -> None:
    """Greek letters and paths of any bytes go to any console."""
    if hasattr(stream, "reconfigure"):
        is_utf = (stream.encoding or "").lower().startswith("utf")
        stream.reconfigure(errors="backslashreplace" if is_utf else "replace")


def _nobody_reads() -> bool:
    """Whether standard output is a pipe that has been closed at its other end, as by ``head``."""
    try:
        asked = select.poll()
        asked.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in asked.poll(0))
    except (AttributeError, OSError, ValueError):  # no such call on this system, or no such file
        return True


def _flushed() -> None:
    """What was printed reaches whoever reads it, or the error is raised here and not at the interpreter's end."""
    if sys.stdout is not None:
        sys.stdout.flush()


class _Interrupts:
    """Ctrl-C as the whole process feels it: one that is swallowed (in a callback of some library) comes again."""

    seen, come = False, None

    @classmethod
    def watch(cls) -> None:
        """Begin, unless interrupts are ignored here (work in the background)."""
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            return
        shown = sys.unraisablehook

        def come(number: int, frame: Any) -> NoReturn:
            cls.seen = True
            raise KeyboardInterrupt

        def swallowed(what: Any) -> None:
            if not issubclass(what.exc_type, KeyboardInterrupt):
                shown(what)
                return
            again = threading.Timer(0.01, _thread.interrupt_main)
            again.daemon = True
            again.start()

        cls.come = come
        signal.signal(signal.SIGINT, come)
        sys.unraisablehook = swallowed


def _open_streams() -> None:
    """A standard stream that is closed is opened on nothing: else the next file would get its number, and its words."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
                if name != "stdin":
                    setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115


def _close_streams() -> None:
    """What cannot be written any more is dropped, so that the interpreter does not end in another exit status."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def process(main: Callable[[], int]) -> int:
    """Run ``main`` as the whole process; its exit status. An interrupt waits for no thread."""
    _open_streams()
    _Interrupts.watch()
    try:
        code = main()
    except SystemExit as stop:  # --help and --version have printed
        code = stop.code if isinstance(stop.code, int) else 0
        try:
            _flushed()
        except BrokenPipeError:
            pass
        except OSError as error:
            code = 1
            tell(f"crink-abm: {_of_the_disk(error)}")
    except KeyboardInterrupt:  # while another end was being told
        code = 130
    code = 130 if _Interrupts.seen else code
    _close_streams()
    if code == 130:
        os._exit(code)
    if _Interrupts.come:
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # nothing is left that it could spoil
    return code
