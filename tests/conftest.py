"""What holds for all tests: NEUCLIR_CARBON_CI=1 forbids skipping; tests that install wait for their mark."""

import os
from collections.abc import Iterator

import pytest


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


@pytest.fixture(autouse=True)
def a_plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine's user reaches a test."""
    for name in list(os.environ):
        if name.startswith(("NEUCLIR_CARBON_", "CODECARBON_")) and name != "NEUCLIR_CARBON_CI":
            monkeypatch.delenv(name)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
