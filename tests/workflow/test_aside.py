"""Work done aside: the value is the same wherever it is worked out, and no process is left."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from neuclir_carbon.workflow.aside import aside, can_fork, processors

needs_a_second_process = pytest.mark.skipif(
    not can_fork() or processors() < 2, reason="nothing is done aside on this machine"
)


def children() -> set[int]:
    return {int(one) for one in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def where(value: object) -> tuple[object, int]:
    """A value, and the process that worked it out."""
    return value, os.getpid()


def out_of_memory(here: int) -> int:
    """Ends every process but the one it is told of."""
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return 7


def test_every_task_gives_its_value_whether_in_one_process_or_in_several() -> None:
    for in_turn in (False, True):
        with aside(
            [partial(sum, [1, 2]), partial(sum, range(1_000_000)), partial(sum, [])], in_turn=in_turn
        ) as waiting:
            assert [task() for task in waiting] == [3, 499_999_500_000, 0]


@needs_a_second_process
def test_tasks_have_a_process_each_or_in_turn_one_for_all() -> None:
    with aside([partial(where, 1), partial(where, 2)]) as waiting:
        assert len({os.getpid(), *(task()[1] for task in waiting)}) == 3
    with aside([partial(where, 1), partial(where, 2)], in_turn=True) as waiting:
        assert len({os.getpid(), *(task()[1] for task in waiting)}) == 2


def test_values_may_be_asked_for_in_any_order_and_again() -> None:
    with aside([partial(int, text) for text in ("1", "2", "3")], in_turn=True) as waiting:
        assert [waiting[place]() for place in (2, 0, 1, 0)] == [3, 1, 2, 1]


@pytest.mark.parametrize("in_turn", [False, True])
def test_what_a_killed_process_leaves_is_done_here(in_turn: bool) -> None:
    here = os.getpid()
    with aside([partial(int, "1"), partial(out_of_memory, here), partial(int, "3")], in_turn=in_turn) as waiting:
        assert [task() for task in waiting] == [1, 7, 3]


def test_what_a_task_raises_is_raised_where_its_value_is_asked_for() -> None:
    with aside([partial(int, "1"), partial(int, "one")], in_turn=True) as waiting:
        assert waiting[0]() == 1
        with pytest.raises(ValueError, match="one"):
            waiting[1]()


@needs_a_second_process
def test_a_task_that_nobody_waits_for_ends_with_the_block() -> None:
    before, start = children(), time.monotonic()
    with pytest.raises(KeyboardInterrupt), aside([partial(time.sleep, 60)]):
        assert len(children() - before) == 1
        raise KeyboardInterrupt
    assert children() == before
    assert time.monotonic() - start < 30


@needs_a_second_process
def test_where_no_process_may_be_started_the_work_is_done_here() -> None:
    import subprocess
    import sys

    script = (
        "import os, resource\n"
        "from functools import partial\n"
        "from neuclir_carbon.workflow.aside import aside\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))\n"
        "with aside([os.getpid, partial(int, '5')]) as waiting:\n"
        "    print(waiting[0]() == os.getpid(), waiting[1]())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "True 5\n"


def told_by_a_script(text: str) -> str:
    """What a script prints, with all processes that it starts."""
    import subprocess
    import sys

    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout


@needs_a_second_process
def test_who_is_stopped_while_a_process_is_started_leaves_none_and_cleans_up_once() -> None:
    """The signal comes to both when they have parted, before either has done anything: as Ctrl-C at a terminal may."""
    told = told_by_a_script(
        "import os, signal, time\n"
        "from functools import partial\n"
        "from pathlib import Path\n"
        "from neuclir_carbon.workflow.aside import aside\n"
        "fork = os.fork\n"
        "def interrupted():\n"
        "    number = fork()\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return number\n"
        "os.fork = interrupted\n"
        "try:\n"
        "    with aside([partial(time.sleep, 5)]):\n"
        "        print('not stopped', flush=True)\n"
        "except KeyboardInterrupt:\n"
        "    left = Path(f'/proc/self/task/{os.getpid()}/children').read_text()\n"
        "    print(f'stopped, left: {left!r}', flush=True)\n"
    )
    assert told == "stopped, left: ''\n"


@needs_a_second_process
def test_signals_that_are_ignored_here_are_ignored_aside_and_those_that_were_held_still_are() -> None:
    """Under nohup nobody ends when the terminal is closed."""
    told = told_by_a_script(
        "import os, signal\n"
        "from neuclir_carbon.workflow.aside import aside\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
        "def work():\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    return os.getpid(), signal.pthread_sigmask(signal.SIG_BLOCK, ())\n"
        "with aside([work]) as waiting:\n"
        "    process, held = waiting[0]()\n"
        "print(process != os.getpid(), held == signal.pthread_sigmask(signal.SIG_BLOCK, ()) == {signal.SIGTERM})\n"
    )
    assert told == "True True\n"


@needs_a_second_process
def test_whoever_started_us_may_have_children_taken_away_by_the_system() -> None:
    """A service may ignore SIGCHLD, and so do all that it starts: nobody can wait for a process then."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with aside([partial(int, "1"), partial(time.sleep, 60)]) as waiting:
            assert waiting[0]() == 1
    finally:
        signal.signal(signal.SIGCHLD, before)
