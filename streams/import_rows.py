"""The rows of a file of JSON lines, with their line numbers, and what is said of a bad one."""

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """A row that is not what it should be, and where it stands."""

    path: str
    line: int
    detail: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.detail}"


Report = Callable[[ImportProblem], None]


def rows(path: str, report: Report) -> Iterator[tuple[int, bytes]]:
    """Give the rows that are not blank, with their line numbers from 1; ``-`` is standard input.

    Gzip is known by its first bytes, whatever the name. Where gzip data breaks off, the rows before are
    given and the break is reported. Raises OSError if the file cannot be read.
    """
    line = 0
    with ExitStack() as stack:
        try:
            for line, raw in enumerate(_open(path, stack), 1):
                row = (raw.removeprefix(_BOM) if line == 1 else raw).strip()
                if row:
                    yield line, row
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            report(ImportProblem(path, line + 1, f"the gzip data breaks off, what follows is lost: {error}"))


def _open(path: str, stack: ExitStack) -> IO[bytes]:
    raw: Any = sys.stdin.buffer if path == "-" else stack.enter_context(io.BufferedReader(io.FileIO(path)))
    file: Any = raw if raw.peek(2)[:2] != _GZIP else stack.enter_context(gzip.GzipFile(fileobj=raw))
    return file  # type: ignore[no-any-return]
