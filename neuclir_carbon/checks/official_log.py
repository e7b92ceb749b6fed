"""The log that the upload system's checkers write, with their budget of errors and the codes in which they end.

The checkers are public (github.com/isoboroff/submit-system, evalbase/checkers, at 21631276); what is said here of
their behaviour was observed by running them under Python 3.11.
"""

from collections.abc import Callable

MOST_ERRORS = 25
ACCEPTED, REJECTED, GAVE_UP = 0, 255, 1
WHOLE_FILE = -1


class Stopped(Exception):
    """A checker's own error that ends its check; the text is what it says."""


class Errlog:
    """What a checker says, line by line, into `write`. It takes 25 errors, and the next one ends the check.

    `stop_text` is what the checker says then, given the line of that error; `plain` leaves out the line where there is
    none.
    """

    def __init__(self, write: Callable[[str], object], stop_text: Callable[[int], str], *, plain: bool = False) -> None:
        self._write, self._stop_text, self._plain = write, stop_text, plain
        self.errors = 0

    def error(self, line: int, message: object) -> None:
        """Says an error; `Stopped` when it is one too many."""
        self._say("ERROR", line, message)
        self.errors += 1
        if self.errors > MOST_ERRORS:
            raise Stopped(self._stop_text(line))

    def warn(self, line: int, message: object) -> None:
        self._say("WARNING", line, message)

    def _say(self, level: str, line: int, message: object) -> None:
        place = "" if self._plain and line == WHOLE_FILE else f" Line {line}"
        text = f"{level}{place}: {message}"
        text.encode("utf-8")  # the log is UTF-8: a lone surrogate ends the check, as it ends theirs
        self._write(text + "\n")


def ended(log: Errlog, check: Callable[[], int | None], write: Callable[[str], object]) -> int:
    """Runs a check to its end: its exit code as the upload system sees it.

    Whatever ends the check early is logged as its last error; if that is one too many, the checker itself breaks down.
    """
    try:
        code = check()
    except (Stopped, ArithmeticError, LookupError, OSError, RecursionError, TypeError, ValueError) as error:
        try:
            log.error(WHOLE_FILE, error)
            code = REJECTED
        except Stopped:
            code = GAVE_UP
    if log.errors == 0:
        write("No errors\n")
    return code if code is not None else REJECTED if log.errors else ACCEPTED
