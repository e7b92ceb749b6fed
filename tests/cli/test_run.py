"""`run`: the child can't tell that it is wrapped, and what it did is on record."""

import json
import math
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrapping import PROGRAM, RUN, end_all, marked, processes_with, records_in, started, the_record, until, wrapped

from neuclir_carbon.cli import run_options
from neuclir_carbon.errors import BadOption
from neuclir_carbon.metering.control_group import hierarchies
from neuclir_carbon.metering.order import place_variables
from neuclir_carbon.model.json_text import record_digest
from neuclir_carbon.model.place import SITES
from neuclir_carbon.model.record import ACTIVITIES

# Exit codes and the record's account of them


@pytest.mark.parametrize(
    ("command", "code", "signal_number", "status"),
    [
        (["true"], 0, None, "complete"),
        (["sh", "-c", "exit 3"], 3, None, "complete"),
        (["sh", "-c", "exit 255"], 255, None, "complete"),
        (["sh", "-c", "kill -9 $$"], 137, 9, "complete"),
        (["sh", "-c", "kill -11 $$"], 139, 11, "complete"),
        (["sh", "-c", "kill -15 $$"], 143, 15, "complete"),
        (["no-such-program-anywhere"], 127, None, "failed"),
        (["./no-such-program"], 127, None, "failed"),
        (["/etc/passwd"], 126, None, "failed"),
        (["/etc"], 126, None, "failed"),
        (["/etc/passwd/under"], 127, None, "failed"),
    ],
)
def test_the_exit_code_is_the_child_s(
    tmp_path: Path, command: list[str], code: int, signal_number: int | None, status: str
) -> None:
    done = wrapped("--", *command, ledger=tmp_path)
    assert (done.returncode, done.stdout) == (code, b"")
    record = the_record(tmp_path)
    assert record["status"] == status
    assert record["command"]["exit_code"] == code
    assert record["command"]["signal"] == signal_number
    assert record["command"]["program"] == command[0].rpartition("/")[2]
    assert record["command"]["argv"] is None
    if status == "failed":
        assert record["energy"]["it_kwh"] is None
        assert command[0].encode() in done.stderr


def test_a_script_without_a_first_line_runs_as_a_shell_would_run_it(tmp_path: Path) -> None:
    script = tmp_path / "plain"
    script.write_text('echo "$0 $1"; exit 4\n')
    script.chmod(0o755)
    done = wrapped("--quiet", "--", str(script), "a b", ledger=tmp_path / "l")
    assert (done.returncode, done.stdout, done.stderr) == (4, f"{script} a b\n".encode(), b"")
    done = wrapped(
        "--quiet", "plain", "x", ledger=tmp_path / "l", env={**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    )
    assert (done.returncode, done.stdout) == (4, f"{script} x\n".encode())


# Streams


def test_five_megabytes_pass_through_byte_for_byte_and_quiet_is_quiet(tmp_path: Path) -> None:
    data = os.urandom(5_000_000)
    done = wrapped("--quiet", "--", "cat", ledger=tmp_path, input=data)
    assert done.returncode == 0
    assert done.stdout == data
    assert done.stderr == b""
    assert the_record(tmp_path)["status"] == "complete"


def test_our_words_go_to_stderr_only(tmp_path: Path) -> None:
    done = wrapped("--", "sh", "-c", "printf out; printf err >&2", ledger=tmp_path)
    assert done.stdout == b"out"
    assert done.stderr.startswith(b"errneuclir-carbon: ")
    text = done.stderr.decode()
    assert re.search(r"kg CO2e \(.* to .*; 458\.29 g/kWh, place not given, unspecified\)", text)
    assert "--country" in text and "init" in text and "--activity" in text
    assert the_record(tmp_path)["record_id"] in text


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_stay_closed(tmp_path: Path, closed: str) -> None:
    probe = "import os\nfor fd in (0, 1, 2):\n  try: os.fstat(fd); state = 'open'\n  except OSError: state = 'closed'\n"
    probe += "  open(os.environ['REPORT'], 'a').write(state + ' ')"
    found = []
    for index, prefix in enumerate(
        ["", " ".join(f"'{word}'" for word in [*RUN, "--ledger", str(tmp_path / "l"), "--"])]
    ):
        report = tmp_path / str(index)
        # The probe reads its streams in a shell-started Python, which does not open what is closed.
        subprocess.run(
            ["bash", "-c", f"{prefix} '{sys.executable}' -c \"$0\" {closed}", probe],
            env={**os.environ, "REPORT": str(report)}, check=False, stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
        found.append(report.read_text())
    assert found[0] == found[1]
    assert "closed" in found[0]
    assert the_record(tmp_path / "l")["status"] == "complete"


def test_a_pipe_that_the_child_closes_is_closed(tmp_path: Path) -> None:
    with started("--quiet", "--", "sh", "-c", "echo first; exec >&-; sleep 3", ledger=tmp_path) as wrapper:
        assert wrapper.stdout is not None
        begun = time.monotonic()
        assert wrapper.stdout.read() == b"first\n"
        assert time.monotonic() - begun < 2.5, "the wrapper held the child's stdout open"
        assert wrapper.wait(20) == 0


def test_a_reader_who_leaves_ends_the_child_by_sigpipe(tmp_path: Path) -> None:
    line = f'{" ".join(RUN)} --ledger "$0" --quiet -- yes | head -1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", line, str(tmp_path)], capture_output=True, check=True, timeout=60)
    assert done.stdout == b"y\n141\n"


# What the child inherits


def test_arguments_arrive_exactly(tmp_path: Path) -> None:
    arguments = [b"a b", b"\"q'", b"", b"--", b"-x", b"--ledger", b"caf\xe9\xff", "سلام".encode(), b"new\nline", b"*"]
    probe = "import os, sys; os.write(1, b'|'.join(map(os.fsencode, sys.argv[1:])))"
    done = wrapped("--quiet", "--", sys.executable, "-c", probe, *arguments, ledger=tmp_path)
    assert done.stdout == b"|".join(arguments)


@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "C"}, {"LC_CTYPE": "C.UTF-8"}, {"LANG": "C.UTF-8"}, {}])
def test_the_environment_gains_one_variable(tmp_path: Path, locale: dict[str, str]) -> None:
    environment = {"PATH": os.environ["PATH"], "ODD": "a=b\nc", **locale}
    plain = subprocess.run(["env", "-0"], env=environment, capture_output=True, check=True).stdout
    inside = wrapped("--quiet", "--", "env", "-0", ledger=tmp_path, env=environment).stdout
    new = f"NEUCLIR_CARBON_PARENT={the_record(tmp_path)['record_id']}".encode()
    assert set(inside.split(b"\0")) == {*plain.split(b"\0"), new}


PROBE = r"""
import os, re, resource
status = open("/proc/self/status").read()
# Signals 32 and 33 are the C library's own; posix_spawn(3) has every child ignore them.
print(int(re.search(r"SigIgn:\s*(.*)", status)[1], 16) & ~(3 << 31))
for name in ("SigBlk", "Umask", "NoNewPrivs", "Groups", "CapEff"):
    print(name, re.search(name + r":[ \t]*(.*)", status)[1])
for name in ("NOFILE", "CORE", "STACK", "FSIZE"):
    print(name, resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
print(os.getcwd(), sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1], os.nice(0))
"""


@pytest.mark.parametrize(
    "setting",
    [
        "umask 027",
        "ulimit -n 200; ulimit -c 0",
        "trap '' HUP",
        "trap '' INT QUIT USR1",
        "exec 9</etc/passwd 12</etc/passwd",
        'mkdir -p "with space"; cd "with space"',
    ],
)
def test_the_child_inherits_what_it_would_without_us(tmp_path: Path, setting: str) -> None:
    probe = tmp_path / "probe.py"
    probe.write_text(PROBE)
    found = []
    for prefix in ([], [*RUN, "--quiet", "--ledger", str(tmp_path / "l"), "--"]):
        # A C program in between resets nothing; Python's own start-up ignores SIGPIPE and SIGXFSZ in both.
        line = f'{setting}; exec "$@"'
        done = subprocess.run(
            ["bash", "-c", line, "bash", *prefix, sys.executable, str(probe)],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(done.stdout)
    assert found[0] == found[1]


def test_sigpipe_has_its_default_action_in_the_child(tmp_path: Path) -> None:
    done = wrapped("--quiet", "--", "grep", "SigIgn", "/proc/self/status", ledger=tmp_path)
    assert int(done.stdout.split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_a_blocked_signal_stays_blocked_in_the_child(tmp_path: Path) -> None:
    def block() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})

    done = wrapped("--quiet", "--", "grep", "SigBlk", "/proc/self/status", ledger=tmp_path, preexec_fn=block)
    assert int(done.stdout.split()[1], 16) == 1 << (signal.SIGUSR2 - 1)


def test_the_program_keeps_its_own_name(tmp_path: Path) -> None:
    done = wrapped("--quiet", "--", "cat", "/proc/self/cmdline", ledger=tmp_path)
    assert done.stdout == b"cat\0/proc/self/cmdline\0"


def test_a_process_substitution_is_read(tmp_path: Path) -> None:
    line = f'{" ".join(RUN)} --ledger "$0" --quiet -- cat <(echo one) <(echo two)'
    done = subprocess.run(["bash", "-c", line, str(tmp_path)], capture_output=True, check=True, timeout=60)
    assert done.stdout == b"one\ntwo\n"


def test_files_of_the_user_s_folder_shadow_nothing_of_ours(tmp_path: Path) -> None:
    for name in ("json", "attrs", "signal", "codecarbon", "re"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    done = wrapped("--quiet", "--", "echo", "ran", cwd=tmp_path, ledger=tmp_path / "l")
    if b"shadowed" not in done.stderr:  # `python -m` itself may read the folder before anything of ours runs
        assert (done.returncode, done.stdout) == (0, b"ran\n")
    script = shutil.which("neuclir-carbon", path=str(Path(sys.executable).parent))
    if script is not None:
        done = subprocess.run(
            [script, "run", "--quiet", "--ledger", str(tmp_path / "m"), "--", "echo", "ran"],
            cwd=tmp_path, capture_output=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr) == (0, b"ran\n", b"")


# Signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1])
def test_a_signal_to_the_wrapper_reaches_the_child_s_whole_group(tmp_path: Path, number: signal.Signals) -> None:
    marker = f"group-{number}-{tmp_path.name}"
    with started(
        "--", "sh", "-c", "echo up; sleep 60 | sleep 61", ledger=tmp_path, env=marked(marker),
        start_new_session=True,
        # Whoever runs the tests under nohup would have them ignored.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as wrapper:  # fmt: skip
        assert wrapper.stdout is not None
        assert wrapper.stdout.readline() == b"up\n"
        wrapper.send_signal(number)
        assert wrapper.wait(20) == 128 + number
    assert processes_with(marker) == []
    record = the_record(tmp_path)
    assert (record["status"], record["command"]["signal"]) == ("complete", number)


def test_a_child_that_traps_term_and_exits_0_gives_0(tmp_path: Path) -> None:
    script = 'trap "echo trapped; exit 0" TERM; echo up; while :; do sleep 0.05; done'
    with started("--quiet", "--", "bash", "-c", script, ledger=tmp_path) as wrapper:
        assert wrapper.stdout is not None
        wrapper.stdout.readline()
        wrapper.terminate()
        assert wrapper.stdout.read() == b"trapped\n"
        assert wrapper.wait(20) == 0
    assert the_record(tmp_path)["command"]["exit_code"] == 0


def test_under_nohup_a_hangup_ends_nothing(tmp_path: Path) -> None:
    script = "import signal, time; print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN, flush=True); time.sleep(1)"
    wrapper = subprocess.Popen(
        ["nohup", *RUN, "--quiet", "--ledger", str(tmp_path), "--", sys.executable, "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert wrapper.stdout is not None
    assert wrapper.stdout.readline() == b"True\n"
    wrapper.send_signal(signal.SIGHUP)
    assert wrapper.wait(20) == 0


def test_stop_and_continue_reach_the_child(tmp_path: Path) -> None:
    with started("--quiet", "--", "sh", "-c", "echo $$; exec sleep 2", ledger=tmp_path) as wrapper:
        assert wrapper.stdout is not None
        child = int(wrapper.stdout.readline())

        def state(pid: int) -> str:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]

        wrapper.send_signal(signal.SIGTSTP)
        until(lambda: state(child) == "T" and state(wrapper.pid) == "T")
        wrapper.send_signal(signal.SIGCONT)
        until(lambda: state(child) != "T" and state(wrapper.pid) != "T")
        assert wrapper.wait(20) == 0


def test_a_child_that_someone_else_stops_does_not_stop_us(tmp_path: Path) -> None:
    with started("--quiet", "--", "sh", "-c", "echo $$; exec sleep 1", ledger=tmp_path) as wrapper:
        assert wrapper.stdout is not None
        child = int(wrapper.stdout.readline())
        for number in (signal.SIGTSTP, signal.SIGCONT, signal.SIGSTOP, signal.SIGCONT):
            os.kill(child, number)
            time.sleep(0.1)
        assert wrapper.wait(20) == 0


def test_a_signal_in_the_first_milliseconds_leaves_no_child_behind(tmp_path: Path) -> None:
    for trial, delay_s in enumerate([0.0, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2]):
        marker, ledger = f"early-{trial}-{tmp_path.name}", tmp_path / str(trial)
        with started("--quiet", "--", "sleep", "60", ledger=ledger, env=marked(marker)) as wrapper:
            time.sleep(delay_s)
            wrapper.terminate()
            code = wrapper.wait(20)
        try:
            # Before anything of ours runs, the signal ends the interpreter itself: nothing was started.
            assert code in (143, -signal.SIGTERM)
            assert processes_with(marker) == []
            if code == 143:
                assert the_record(ledger)["command"]["signal"] == signal.SIGTERM
        finally:
            end_all(marker)


# On a terminal


class OnTerminal:
    """A program on a pseudo-terminal of its own, as its session's leader and foreground group."""

    def __init__(self, *command: str, environment: dict[str, str] | None = None) -> None:
        self.seen = b""
        self.pid, self.keyboard = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment or dict(os.environ))

    def reads(self, pattern: bytes, *, seconds: float = 20.0) -> re.Match[bytes]:
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)):
            left = deadline - time.monotonic()
            assert left > 0, f"{pattern!r} did not come; seen: {self.seen[-500:]!r}"
            if select.select([self.keyboard], [], [], left)[0]:
                try:
                    self.seen += os.read(self.keyboard, 4096)
                except OSError:
                    assert re.search(pattern, self.seen), self.seen[-500:]
        self.seen = self.seen[found.end() :]
        return found

    def types(self, keys: bytes) -> None:
        os.write(self.keyboard, keys)

    def ends(self) -> int:
        """Its exit code, with all that it still writes read."""

        def gone() -> int | None:
            try:
                while select.select([self.keyboard], [], [], 0)[0]:
                    self.seen += os.read(self.keyboard, 4096)
            except OSError:
                pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return status + 1 if pid else None

        status = until(gone) - 1
        os.close(self.keyboard)
        return os.waitstatus_to_exitcode(status)


def test_the_terminal_is_the_child_s_on_all_three_streams(tmp_path: Path) -> None:
    probe = "import os; print([os.isatty(fd) for fd in (0, 1, 2)], os.tcgetpgrp(0) == os.getpgrp(), input('name? '))"
    terminal = OnTerminal(*RUN, "--quiet", "--ledger", str(tmp_path), "--", sys.executable, "-c", probe)
    terminal.reads(rb"name\? ")
    terminal.types(b"wrong\x15right\n")  # Ctrl-U: line editing is the terminal's
    terminal.reads(rb"\[True, True, True\] True right")
    assert terminal.ends() == 0


def test_control_c_arrives_once(tmp_path: Path) -> None:
    probe = (
        "import signal, time; count = []\n"
        "signal.signal(signal.SIGINT, lambda *_: count.append(1))\n"
        "print('up', flush=True); time.sleep(0.7)\n"
        "print('counted', len(count), flush=True)"
    )
    terminal = OnTerminal(*RUN, "--quiet", "--ledger", str(tmp_path), "--", sys.executable, "-c", probe)
    terminal.reads(rb"up")
    terminal.types(b"\x03")
    terminal.reads(rb"counted 1\b")
    assert terminal.ends() == 0


def test_control_c_ends_a_child_that_does_not_handle_it(tmp_path: Path) -> None:
    terminal = OnTerminal(*RUN, "--quiet", "--ledger", str(tmp_path), "--", "sh", "-c", "echo up; exec sleep 60")
    terminal.reads(rb"up")
    terminal.types(b"\x03")
    assert terminal.ends() == 130
    assert the_record(tmp_path)["command"]["signal"] == signal.SIGINT


def test_in_the_foreground_a_signal_to_the_wrapper_alone_reaches_the_child_and_its_descendants(tmp_path: Path) -> None:
    marker = f"foreground-{tmp_path.name}"
    terminal = OnTerminal(
        *RUN,
        "--quiet",
        "--ledger",
        str(tmp_path),
        "--",
        "sh",
        "-c",
        "sleep 60 & echo up; wait",
        environment=marked(marker),
    )
    terminal.reads(rb"up")
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.ends() == 143
    assert processes_with(marker) == []


def test_control_z_and_fg_work_in_a_shell(tmp_path: Path) -> None:
    shell = OnTerminal(
        "bash", "--norc", "--noprofile", "-i", environment={**os.environ, "PS1": "ready> ", "HISTFILE": ""}
    )
    shell.reads(rb"ready> ")
    words = " ".join([*RUN, "--quiet", "--ledger", str(tmp_path), "--"])
    shell.types(f"{words} sh -c 'echo u''p; read line; echo got $line'; echo code=$?\n".encode())
    shell.reads(rb"up\r\n")
    shell.types(b"\x1a")
    shell.reads(rb"Stopped")
    shell.reads(rb"code=148")
    shell.types(b"fg\n")
    shell.reads(rb"sh -c")
    shell.types(b"a line\n")
    shell.reads(rb"got a line\r\n")
    shell.reads(rb"ready> ")
    shell.types(b"exit 5\n")
    assert shell.ends() == 5
    assert the_record(tmp_path)["command"]["exit_code"] == 0


def test_a_job_brought_from_the_background_reads_the_terminal(tmp_path: Path) -> None:
    shell = OnTerminal(
        "bash", "--norc", "--noprofile", "-i", environment={**os.environ, "PS1": "ready> ", "HISTFILE": ""}
    )
    shell.reads(rb"ready> ")
    words = " ".join([*RUN, "--quiet", "--ledger", str(tmp_path), "--"])
    shell.types(f"{words} sh -c 'echo u''p; read line; echo got $line' &\n".encode())
    shell.reads(rb"up\r\n")
    time.sleep(0.3)
    shell.types(b"fg\n")
    shell.reads(rb"sh -c")
    time.sleep(0.5)
    shell.types(b"a line\n")
    shell.reads(rb"got a line\r\n")
    shell.types(b"exit 5\n")
    assert shell.ends() == 5


# What is refused, and what is not


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--activty", "training"], ["--activty", "--activity"]),
        (["--activity", "trainig"], ["trainig", "'training'"]),
        (["--country", "Germany"], ["Germany", "DEU"]),
        (["--country", "DUE"], ["DUE", "DEU"]),
        (["--region", "virginia"], ["--country"]),
        (["--cloud", "aws"], ["--cloud-region"]),
        (["--cloud", "aws", "--cloud-region", "us-east-11"], ["us-east-11", "us-east-1"]),
        (["--intensity", "-1"], ["--intensity", "-1", "0"]),
        (["--intensity", "nan"], ["--intensity", "nan"]),
        (["--intensity", "1e300"], ["--intensity"]),
        (["--pue", "0.9"], ["--pue", "0.9", "1"]),
        (["--pue", "1.2", "--site", "laptop"], ["--pue", "--site"]),
        (["--site", "machineroom"], ["machineroom", "machine-room"]),
        (["--interval", "0"], ["--interval"]),
        (["--interval", "soon"], ["soon"]),
        (["--meter", "rapl"], ["rapl", "codecarbon"]),
        (["--scope", "process"], ["process", "machine"]),
        (["--run-tag", "a b"], ["a b", "space"]),
        (["--run-tag", ""], ["--run-tag"]),
        (["--run-tag", "x" * 101], ["--run-tag", "100"]),
        (["--label", "a\x1b[31mb"], ["--label", "\\x1b"]),
        (["--label", "x" * 201], ["--label", "200"]),
        (["--quiet=yes"], ["--quiet"]),
        (["--ledger="], ["--ledger"]),
        (["--label"], ["--label", "TEXT"]),
    ],
)
def test_a_bad_option_is_refused_before_the_child_starts(tmp_path: Path, options: list[str], words: list[str]) -> None:
    done = wrapped(*options, *([] if options == ["--label"] else ["--", "touch", "started"]), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    text = done.stderr.decode()
    assert all(word in text for word in words), text
    assert "Traceback" not in text and "\x1b[31mb" not in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["--"], ["--quiet"], ["--country", "DEU", "--"]])
def test_without_a_command_there_is_nothing_to_run(tmp_path: Path, arguments: list[str]) -> None:
    done = wrapped(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert b"COMMAND" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_child_s_own_options_are_its_own(tmp_path: Path) -> None:
    done = wrapped("--quiet", "echo", "--ledger", "x", "-h", "--", "--help", ledger=tmp_path)
    assert done.stdout == b"--ledger x -h -- --help\n"


@pytest.mark.parametrize(
    "variables",
    [
        {"COUNTRY": "Germany"},
        {"INTENSITY": "much"},
        {"CLOUD": "aws"},
        {"PUE": "1.2", "SITE": "laptop"},
        {"SITE": "attic"},
    ],
)
def test_a_bad_variable_stops_no_command(tmp_path: Path, variables: dict[str, str]) -> None:
    environment = {**os.environ, **{f"NEUCLIR_CARBON_{name}": value for name, value in variables.items()}}
    done = wrapped("--", "echo", "ran", ledger=tmp_path, env=environment)
    assert (done.returncode, done.stdout) == (0, b"ran\n")
    record = the_record(tmp_path)
    assert record["grid"]["basis"] == "unspecified"
    assert record["pue"]["source"] == "not given"
    told = done.stderr.decode()
    assert any(value in told or f"NEUCLIR_CARBON_{name}" in told for name, value in variables.items())


def test_a_broken_ledger_toml_stops_no_command(tmp_path: Path) -> None:
    (tmp_path / "ledger.toml").write_text('country = "DEU"\nthis is not TOML')
    done = wrapped("--", "true", ledger=tmp_path)
    assert done.returncode == 0
    assert b"ledger.toml" in done.stderr
    assert the_record(tmp_path)["grid"]["basis"] == "unspecified"


@pytest.mark.parametrize("obstacle", ["a file in its place", "a file above it", "no current folder"])
def test_a_ledger_that_can_t_be_written_stops_no_command(tmp_path: Path, obstacle: str) -> None:
    ledger, folder = tmp_path / "l", tmp_path / "gone"
    folder.mkdir()
    match obstacle:
        case "a file in its place":
            ledger.write_text("")
        case "a file above it":
            (tmp_path / "f").write_text("")
            ledger = tmp_path / "f" / "l"
        case _:
            ledger = Path("carbon")
    line = 'cd "$0"; rmdir "$0"; exec "$@"' if obstacle == "no current folder" else 'exec "$@"'
    done = subprocess.run(
        ["sh", "-c", line, str(folder), *RUN, "--ledger", str(ledger), "--", "sh", "-c", "echo ran; exit 6"],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (6, b"ran\n")
    assert done.stderr.count(b"neuclir-carbon:") == 1  # a shell without a current folder says so itself
    assert b"nothing is recorded" in done.stderr


# What is on record


def recomputed(record: dict[str, Any]) -> float:
    """Operational kg by hand, from the record's own numbers."""
    parts = [part["kwh"] for part in record["energy"]["components"] if part["kwh"] is not None]
    return float(sum(parts) * record["pue"]["value"] * record["grid"]["g_co2e_per_kwh"] / 1000)


def test_operational_emissions_are_facility_energy_times_grid(tmp_path: Path) -> None:
    burn = "import time; e = time.process_time() + 0.5\nwhile time.process_time() < e: pass"
    options = ["--quiet", "--country", "DEU", "--pue", "1.5", "--meter", "cpu-time", "--scope", "job"]
    assert wrapped(*options, "--", sys.executable, "-c", burn, ledger=tmp_path).returncode == 0
    record = the_record(tmp_path)
    assert record["grid"]["g_co2e_per_kwh"] == 329.65
    assert record["grid"]["high"] == 380.95
    assert record["emissions"]["operational_kg_co2e"] == pytest.approx(recomputed(record), rel=1e-9)
    facility = record["energy"]["facility_kwh"]
    assert record["emissions"]["operational_kg_co2e"] == pytest.approx(facility * 329.65 / 1000, rel=1e-9)
    cpu = next(part for part in record["energy"]["components"] if part["component"] == "cpu")
    factors = {factor["id"]: factor["value"] for factor in record["factors"]}
    per_thread_w = factors.get("cpu_w_per_thread") or factors["cpu_tdp_w"] / record["hardware"]["logical_cpus"]
    assert cpu["kwh"] == pytest.approx(per_thread_w * record["notes"]["command_cpu_s"] / 3_600_000, rel=1e-9)
    assert 0.5 <= record["notes"]["command_cpu_s"] < 2
    assert cpu["low_kwh"] < cpu["kwh"] < cpu["high_kwh"]


def test_the_options_stand_in_the_record(tmp_path: Path) -> None:
    (tmp_path / "ledger.toml").write_text('country = "FRA"\nsite = "laptop"\n')
    options = ["--activity", "retrieval", "--label", "first stage", "--run-tag", "a", "--run-tag=b", "--run-tag", "a"]
    wrapped("--quiet", *options, "--", "true", ledger=tmp_path)
    record = the_record(tmp_path)
    assert (record["activity"], record["label"], record["run_tags"]) == ("retrieval", "first stage", ["a", "b"])
    assert (record["grid"]["country"], record["grid"]["basis"]) == ("FRA", "location")
    assert record["pue"]["value"] == 1.0 and record["pue"]["high"] == 1.0
    assert record["method"] == "measured" and record["metered_s"] == 0.0
    assert record["journal"]["lines"] >= 3


def test_the_place_is_taken_whole_from_the_first_level_that_names_any(tmp_path: Path) -> None:
    (tmp_path / "ledger.toml").write_text('country = "USA"\nregion = "vermont"\n')
    environment = {**os.environ, "NEUCLIR_CARBON_COUNTRY": "SWE", "NEUCLIR_CARBON_REGION": "SE3"}
    wrapped("--quiet", "--country", "FRA", "--", "true", ledger=tmp_path, env=environment)
    wrapped("--quiet", "--", "true", ledger=tmp_path, env=environment)
    wrapped("--quiet", "--", "true", ledger=tmp_path)
    places = {(record["grid"]["country"], record["grid"]["region"]) for record in records_in(tmp_path)}
    assert places == {("FRA", None), ("SWE", "SE3"), ("USA", "vermont")}


def test_a_wrapper_in_a_wrapper_names_its_parent(tmp_path: Path) -> None:
    wrapped("--quiet", "--label", "outer", "--", *RUN, "--quiet", "--ledger", str(tmp_path), "true", ledger=tmp_path)
    records = {record["label"]: record for record in records_in(tmp_path)}
    assert records[None]["parent_id"] == records["outer"]["record_id"]
    assert records["outer"]["parent_id"] is None


def test_ranks_beside_each_other_divide_the_machine_among_them(tmp_path: Path) -> None:
    rank = "import time; e = time.monotonic() + 6\nwhile time.monotonic() < e: pass"
    inner = " ".join(RUN) + ' --quiet --scope machine --interval 1 --label rank --ledger "$0"'
    script = f'for rank in 1 2 3 4; do {inner} -- "{sys.executable}" -S -c "$1" & done; wait'
    options = ["--quiet", "--scope", "machine", "--label", "outer", "--interval", "1", "--"]
    wrapped(*options, "sh", "-c", script, str(tmp_path), rank, ledger=tmp_path)
    records = records_in(tmp_path)
    ranks = [record for record in records if record["label"] == "rank"]
    (outer,) = (record for record in records if record["label"] == "outer")
    assert outer["shared_with"] == [], "what is inside it is its own"
    ids = {record["record_id"] for record in ranks}
    assert [set(record["shared_with"]) for record in ranks] == [ids - {record["record_id"]} for record in ranks]
    # Each bears the whole while it is alone; the outer one also lasts while the others start and make their records.
    seconds = (max(map(end_of, ranks)) - min(map(start_of, ranks))).total_seconds()
    shares = math.fsum(record["notes"]["cpu_time_share"] * record["duration_s"] for record in ranks)
    assert shares == pytest.approx(seconds, rel=0.1)
    power = math.fsum(record["energy"]["it_kwh"] for record in ranks) / seconds
    assert power == pytest.approx(outer["energy"]["it_kwh"] / outer["duration_s"], rel=0.1)


def start_of(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(record["started_at"])


def end_of(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(record["ended_at"])


def test_a_killed_neighbour_is_no_neighbour(tmp_path: Path) -> None:
    marker = f"neighbour-{tmp_path.name}"
    with started("--quiet", "--", "sh", "-c", "echo up; sleep 60", ledger=tmp_path, env=marked(marker)) as other:
        assert other.stdout is not None
        other.stdout.readline()
        wrapped("--quiet", "--label", "beside", "--", "true", ledger=tmp_path)
        other.kill()
        other.wait(20)
        wrapped("--quiet", "--label", "after", "--", "true", ledger=tmp_path)
    end_all(marker)
    found = {record["label"]: len(record["shared_with"]) for record in records_in(tmp_path)}
    assert found == {"beside": 1, "after": 0}


@pytest.mark.parametrize("parent", ["../../x", "a b", "x" * 100, ""])
def test_a_parent_that_can_be_no_id_is_none(tmp_path: Path, parent: str) -> None:
    wrapped("--quiet", "--", "true", ledger=tmp_path, env={**os.environ, "NEUCLIR_CARBON_PARENT": parent})
    assert the_record(tmp_path)["parent_id"] is None


def test_many_short_children_count_like_one_long(tmp_path: Path) -> None:
    burn = (
        "import time; e = time.process_time() + float(__import__('sys').argv[1])\nwhile time.process_time() < e: pass"
    )
    options = ["--quiet", "--meter", "cpu-time", "--scope", "job", "--"]
    script = f'for i in 1 2 3 4 5 6 7 8; do "{sys.executable}" -S -c "$0" 0.1; done'
    wrapped(*options, "sh", "-c", script, burn, ledger=tmp_path / "short")
    wrapped(*options, sys.executable, "-S", "-c", burn, "0.8", ledger=tmp_path / "long")
    short, long = (the_record(tmp_path / name)["notes"]["command_cpu_s"] for name in ("short", "long"))
    # Eight interpreters start where one did: some 10 ms each.
    assert 0.75 <= long <= short <= long + 0.5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to another than init")
@pytest.mark.parametrize("is_alive_at_the_end", [False, True])
def test_work_that_forks_twice_counts(tmp_path: Path, is_alive_at_the_end: bool) -> None:
    burn = "import os, time; e = time.process_time() + 0.6\nwhile time.process_time() < e: pass\n"
    burn += "os.write(1, b'burnt')\n" + ("time.sleep(60)" if is_alive_at_the_end else "")
    # The first fork ends at once; the second, in a session of its own, is nobody's child any more.
    script = f'(setsid "{sys.executable}" -S -c "$0" >"$1" 2>&1 &); until [ -s "$1" ]; do sleep 0.02; done; sleep 0.1'
    marker = f"twice-{tmp_path.name}"
    options = ["--quiet", "--meter", "cpu-time", "--scope", "job", "--"]
    try:
        wrapped(*options, "sh", "-c", script, burn, str(tmp_path / "said"), ledger=tmp_path / "l", env=marked(marker))
    finally:
        end_all(marker)
    assert 0.6 <= the_record(tmp_path / "l")["notes"]["command_cpu_s"] < 2


@pytest.mark.needs_groups
def test_children_that_nobody_waits_for_count(tmp_path: Path) -> None:
    burn = "import time; e = time.process_time() + 0.4\nwhile time.process_time() < e: pass\n"
    # Under an ignored SIGCHLD the kernel reaps, and no process ever hears what its children had used.
    script = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        # The group is made while the command starts already: a child of its first instant could be born outside.
        "time.sleep(0.5)\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', sys.argv[1]], stdout=subprocess.PIPE)\n"
        "child.stdout.read()\n"
    )
    options = ["--quiet", "--meter", "cpu-time", "--scope", "job", "--"]
    wrapped(*options, sys.executable, "-c", script, burn, ledger=tmp_path / "l")
    record = the_record(tmp_path / "l")
    assert 0.4 <= record["notes"]["command_cpu_s"] < 2
    groups = [Path(hierarchy.folder) / f"neuclir-carbon-{record['record_id']}" for hierarchy in hierarchies()]
    assert not any(group.exists() for group in groups)


def test_inside_a_slurm_job_hardware_is_the_job_s_and_its_number_is_not_told(tmp_path: Path) -> None:
    job = {"SLURM_JOB_ID": "48151623", "SLURM_CPUS_ON_NODE": "1", "SLURM_MEM_PER_NODE": "2048"}
    burn = "import time; e = time.process_time() + 0.3\nwhile time.process_time() < e: pass"
    wrapped("--quiet", "--", sys.executable, "-c", burn, ledger=tmp_path / "l", env={**os.environ, **job})
    record = the_record(tmp_path / "l")
    hardware = record["hardware"]
    assert (hardware["logical_cpus"], hardware["ram_gib"]) == (1, 2.0)
    assert hardware["node_logical_cpus"] == os.cpu_count()
    assert "48151623" not in json.dumps(record)
    ram = next(part for part in record["energy"]["components"] if part["component"] == "ram")
    watts = next(factor["value"] for factor in record["factors"] if factor["id"] == "ram_w")
    share = 2.0 / hardware["node_ram_gib"]
    assert ram["scope"] == "job"
    assert ram["kwh"] == pytest.approx(watts * share * record["duration_s"] / 3_600_000, rel=1e-9)


def test_an_orphan_s_end_is_not_the_command_s(tmp_path: Path) -> None:
    done = wrapped("--quiet", "--", "sh", "-c", "(sh -c 'sleep 0.1; exit 9' &); sleep 0.4; exit 4", ledger=tmp_path)
    assert done.returncode == 4
    assert the_record(tmp_path)["command"]["exit_code"] == 4


def test_arguments_are_kept_on_request_and_outside_the_digest(tmp_path: Path) -> None:
    words = ["sh", "-c", ": $0", "a b", os.fsdecode(b"caf\xe9"), "سلام"]
    wrapped("--quiet", "--keep-argv", "--", *words, ledger=tmp_path)
    record = the_record(tmp_path)
    assert record["command"]["argv"] == [*words[:4], "caf\ufffd", "سلام"]
    record["command"]["argv"] = None
    assert record_digest(record) == record["record_sha256"]


def test_a_record_tells_no_name_and_no_path(tmp_path: Path) -> None:
    secret = tmp_path / "private-name"
    wrapped("--quiet", "--", "sh", "-c", f": {secret}", ledger=tmp_path / "l", env={**os.environ, "USER": "someone-7"})
    text = json.dumps(the_record(tmp_path / "l"))
    host = os.uname().nodename
    assert "private-name" not in text and "someone-7" not in text and str(tmp_path) not in text
    assert f'"{host}"' not in text


# What happens when


def test_nothing_large_is_imported_before_the_child_runs(tmp_path: Path) -> None:
    words = ["run", "--quiet", "--ledger", str(tmp_path), "--", "sh", "-c", "echo THE CHILD RUNS >&2"]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *PROGRAM[1:], *words], capture_output=True, text=True, check=True
    )
    before, after = done.stderr.split("THE CHILD RUNS\n")
    imported = {line.rpartition("|")[2].strip() for line in before.splitlines()}
    for name in ("typer", "attr", "attrs", "jsonschema", "codecarbon", "pandas", "msgspec", "subprocess", "tomllib"):
        assert name not in imported
    assert "neuclir_carbon.workflow.recording" in after


def test_the_journal_stands_before_the_child_starts(tmp_path: Path) -> None:
    done = wrapped("--quiet", "--", "sh", "-c", f"cat {tmp_path}/journal/*.jsonl", ledger=tmp_path)
    first = json.loads(done.stdout.splitlines()[0])
    assert first["kind"] == "begin"
    assert first["record_id"] == the_record(tmp_path)["record_id"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to see system calls")
def test_nothing_goes_over_the_network(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,bind", "-o", str(trace),
         *RUN, "--quiet", "--interval", "0.5", "--country", "DEU", "--ledger", str(tmp_path / "l"), "--", "sleep", "6"],
        check=True, timeout=120,
    )  # fmt: skip
    lines = [line for line in trace.read_text().splitlines() if "SIGCHLD" not in line and "---" not in line]
    assert [line for line in lines if "AF_INET" in line] == []
    assert the_record(tmp_path / "l")["status"] == "complete"


# The declaration of the options


def test_the_help_shows_every_option(tmp_path: Path) -> None:
    done = wrapped("--help", cwd=tmp_path, env={**os.environ, "COLUMNS": "200"})
    assert done.returncode == 0
    text = done.stdout.decode()
    for option in run_options.OPTIONS:
        assert option.name in text
        assert option.environment is None or option.environment in text
    assert done.stdout == wrapped("-h", cwd=tmp_path, env={**os.environ, "COLUMNS": "200"}).stdout


def test_the_words_are_those_of_the_model() -> None:
    assert run_options.ACTIVITIES == ACTIVITIES
    assert run_options.SITES == SITES


def test_the_variables_that_are_kept_are_those_that_the_help_names() -> None:
    names = {option.environment for option in run_options.OPTIONS} - {None, "NEUCLIR_CARBON_LEDGER"}
    everything = {name: "x" for name in names if name is not None}
    assert place_variables({**everything, "NEUCLIR_CARBON_LEDGER": "y", "HOME": "z"}) == everything


@given(
    st.lists(st.sampled_from(["--quiet", "--", "--label", "--pue", "x", "1.5", "--pue=2", "-", "--nope", "--activity"]))
)
def test_any_words_are_parsed_or_refused(words: list[str]) -> None:
    try:
        request = run_options.parse_run(words, {})
    except BadOption as error:
        assert str(error)
    else:
        assert request.command
        assert words[len(words) - len(request.command) :] == request.command


@pytest.mark.needs_mounts
def test_a_disk_that_fills_up_in_mid_run_is_told_once_and_costs_no_record(tmp_path: Path) -> None:
    # What is left of the journal's last page takes some lines still.
    child = "cat /dev/zero >filler 2>/dev/null; sleep 5; rm filler; echo ran"
    script = (
        'mount -t tmpfs -o size=64k none "$0"; cd "$0"; child=$1; shift; '
        '"$@" --ledger l --interval 0.2 -- sh -c "$child"; code=$?; '
        '"$1" -m neuclir_carbon log --ledger l --format json >&2; exit $code'
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, str(tmp_path), child, *RUN, "--country", "DEU"],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"ran\n"), done.stderr
    assert done.stderr.count(b"can't be written any more") == 1
    (record,) = json.loads(done.stderr[done.stderr.index(b"{\n") :].partition(b"\nnext:")[0])["records"]
    assert record["status"] == "complete"
    assert record["duration_s"] >= 4.99
