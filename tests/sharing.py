"""How the tests are shared among the processes that run them (`make test` has pytest-xdist run two).

The tests of one module stay together, as they share what it sets up. The modules with tests on the broker
stay together too: there is one broker for the whole run, some tests stop it, and none has to reckon with
what another does to it meanwhile. They begin first: they take longest, and much of it is waiting.
"""

import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

BROKER = "broker"
#: Modules with tests that ask for the broker by one of its fixtures. One that is not found here is no harm:
#: a second broker starts for it.
WITH_BROKER = frozenset(
    path.name
    for path in Path(__file__).parent.glob("test_*.py")
    if re.search(r"\b(kafka: Kafka|broker_process: KafkaBroker)\b", path.read_text(encoding="utf-8"))
)


def group_of(nodeid: str) -> str:
    """Return the name of the group of tests that one process runs, in order."""
    module = PurePosixPath(nodeid.partition("::")[0]).name
    return BROKER if module in WITH_BROKER else module


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the group with the broker begin; the order within a group stays."""
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
