"""How the tests are shared among the processes that run them (`make test` has pytest-xdist run two).

The tests of one module stay together, as they share what it sets up. The modules with tests on the broker
stay together too: there is one broker for the whole run, some tests stop it, and none has to reckon with
what another does to it meanwhile. They begin first: they take longest, and much of it is waiting.
"""

from typing import Any

import pytest

BROKER = "broker"
#: Modules with tests that ask for the fixture `kafka`, directly or not.
WITH_BROKER = frozenset(
    f"tests/test_{name}.py"
    for name in (
        *("faults", "worker", "capture_worker", "fuzz", "docs", "servers"),
        *("forget_command", "import_command", "topics_command"),
    )
)


def group_of(nodeid: str) -> str:
    """Return the name of the group of tests that one process runs, in order."""
    module = nodeid.partition("::")[0]
    return BROKER if module in WITH_BROKER else module


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the group with the broker begin; the order within a group stays."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()) and group_of(item.nodeid) != BROKER:
            raise pytest.UsageError(
                f"{item.nodeid} uses the broker: name its module in tests/sharing.py, or a second one starts"
            )
    items.sort(key=lambda item: group_of(item.nodeid) != BROKER)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return what hands the groups out, in the order of their collection."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False
    return GroupScheduling(config, log)
