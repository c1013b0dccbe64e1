"""The version of this program, as it is written into what it emits."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("groundswell")
    except PackageNotFoundError:
        return "unknown"


VERSION = _installed()
