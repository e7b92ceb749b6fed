"""What holds for all tests: NEUCLIR_CARBON_CI=1 forbids skipping; tests that install wait for their mark, and those
that need a power which this user lacks are left out."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from powers import POWERS

# How long an example takes says more of the machine's other work than of ours: speed stands in tests/benchmarks.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.skipped and os.environ.get("NEUCLIR_CARBON_CI") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and under NEUCLIR_CARBON_CI=1 nothing may be: {report.longrepr}"
    return report


def pytest_configure(config: pytest.Config) -> None:
    """Tests that install packages run only when asked for by `-m network`."""
    if not config.option.markexpr:
        config.option.markexpr = "not network"
    # A shell has its background jobs ignore these, and every process that a test starts would too.
    for number, action in ((signal.SIGINT, signal.default_int_handler), (signal.SIGQUIT, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, action)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what needs a power that is not there."""
    lacking = [name for name, is_there in POWERS.items() if not is_there()]
    left_out = [item for item in items if any(item.get_closest_marker(f"needs_{name}") for name in lacking)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_report_header() -> str:
    """Says which powers are there."""
    return "powers: " + ", ".join(f"{name} {'yes' if is_there() else 'no'}" for name, is_there in POWERS.items())


@pytest.fixture(autouse=True)
def a_plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine's user reaches a test."""
    for name in list(os.environ):
        if name.startswith(("NEUCLIR_CARBON_", "CODECARBON_")) and name != "NEUCLIR_CARBON_CI":
            monkeypatch.delenv(name)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
