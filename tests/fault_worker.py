"""A worker whose store is another process; everything else is as `groundswell worker` has it."""

import groundswell.streams  # isort: skip  # noqa: F401  (one BLAS thread)

import asyncio
import sys

from remote_store import RemoteStore

from groundswell.streams.cli import log_to_stderr
from groundswell.streams.settings import Settings
from groundswell.streams.worker import work


async def main(port: int) -> None:
    await work(Settings(), store=RemoteStore(port))


if __name__ == "__main__":
    log_to_stderr("INFO")
    asyncio.run(main(int(sys.argv[1])))
