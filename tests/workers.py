"""Workers as a supervisor runs them: several processes over one store, started again when they end."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent


class Workers:
    """So many workers of one group. `exits` counts their exit codes."""

    def __init__(self, number: int, store_port: int, folder: Path, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self.exits: Counter[int] = Counter()
        self._command = [sys.executable, str(HERE / "fault_worker.py"), str(store_port)]
        self._logs = [folder / f"worker{n}.log" for n in range(number)]
        self._running: list[subprocess.Popen[bytes]] = []
        self._begun_at = [0] * number  # in its log, bytes
        self._supervisor: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start all and keep them running."""
        self._running = [self._spawn(place) for place in range(len(self._logs))]
        self._supervisor = asyncio.create_task(self._supervise())

    def kill(self, chance: random.Random) -> None:
        """End one of them without a warning, wherever it is."""
        chance.choice(self._running).kill()

    async def replace(self, **environment: str) -> None:
        """Ask all to end and let the supervisor start others, in another environment."""
        self.environment |= environment
        before = list(self._running)
        self._signal(signal.SIGTERM)
        while any(one in before for one in self._running):  # noqa: ASYNC110  the supervisor polls too
            await asyncio.sleep(0.1)

    def at_work(self) -> bool:
        """Return whether all are past their start-up, in which a signal ends them as any program."""
        logs = zip(self._logs, self._begun_at, strict=True)
        return all(b'"event": "working"' in log.read_bytes()[begun:] for log, begun in logs)

    async def stop(self) -> list[int]:
        """Ask all to end; return their exit codes. Whoever is still there after 30 s is killed."""
        if self._supervisor is not None:
            self._supervisor.cancel()
        self._signal(signal.SIGTERM)
        return [await asyncio.to_thread(_end, process) for process in self._running]

    def said(self) -> str:
        """What they logged."""
        return "\n".join(log.read_text(encoding="utf-8", errors="replace") for log in self._logs)

    def _signal(self, number: int) -> None:
        for process in self._running:
            process.send_signal(number)

    def _spawn(self, place: int) -> subprocess.Popen[bytes]:
        with self._logs[place].open("ab") as out:
            self._begun_at[place] = out.tell()
            return _python(self._command, out, out, self.environment)

    async def _supervise(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            for place, process in enumerate(self._running):
                if process.poll() is not None:
                    self.exits[process.returncode] += 1
                    self._running[place] = self._spawn(place)


@asynccontextmanager
async def store_process(folder: Path) -> AsyncIterator[int]:
    """Run a store that other processes can use; gives its port."""
    command = [sys.executable, str(HERE / "store_server.py"), str(folder)]
    process = _python(command, subprocess.PIPE, None, {})
    assert process.stdout is not None
    try:
        yield int(await asyncio.to_thread(process.stdout.readline))
    finally:
        process.terminate()
        await asyncio.to_thread(_end, process)
        process.stdout.close()


def _python(
    command: list[str], out: IO[bytes] | int, err: IO[bytes] | None, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start it in an environment without settings of whoever runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")}
    return subprocess.Popen(command, stdout=out, stderr=err, env=own | dict(environment))


def _end(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
