"""In CI a skipped test is a failed one: a check that quietly stopped running is worse than a red one.

The one exception is the real Qdrant server, which no package registry carries.
"""

import os
from collections.abc import Generator

import pytest
import servers


def is_refused(reason: str) -> bool:
    """Whether a skip for this reason must fail the run."""
    return os.environ.get("CI") == "true" and servers.QDRANT_URL not in reason


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    expected_failure = hasattr(report, "wasxfail")  # pytest files xfail under skipped
    if report.skipped and not expected_failure and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        if is_refused(reason):
            report.outcome = "failed"
            report.longrepr = f"skipped, which CI does not accept. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Refuse the skip of a test."""
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse the skip of a whole module."""
    report = yield
    _refuse(report)
    return report
