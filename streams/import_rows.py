"""The rows of a file with their line numbers, what format they have, and what is said of a bad one."""

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import IO, Any

from groundswell.models.importing.detection import LOOKED_AT, Format, format_of

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_LOOKED_AT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """A row that is not what it should be, and where it stands."""

    path: str
    line: int
    detail: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.detail}"


Report = Callable[[ImportProblem], None]
Lines = Iterator[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is open: its place among the files, its format, and its lines from the first."""

    path: str
    place: int
    form: Format
    lines: Lines

    def rows(self) -> Lines:
        """Give the lines that are not blank, without the white space around them."""
        return ((line, row) for line, raw in self.lines if (row := raw.strip()))


def open_source(path: str, place: int, form: Format | None, report: Report) -> Source:
    """Open the file at *path*; its first rows say its format unless *form* does. ``-`` is standard input.

    Raises OSError if it cannot be read, UnknownFormat if nothing says what it is.
    """
    lines = numbered(path, report)
    if form is not None:
        return Source(path, place, form, lines)
    opening: list[tuple[int, bytes]] = []
    rows: list[bytes] = []
    size = 0
    for line, raw in lines:
        opening.append((line, raw))
        size += len(raw)
        if row := raw.strip():
            rows.append(row)
        if len(rows) == LOOKED_AT or size > _LOOKED_AT_BYTES:
            break
    return Source(path, place, format_of(rows, path) if rows else "native", chain(opening, lines))


def numbered(path: str, report: Report) -> Lines:
    """Give the lines with their numbers from 1, without a byte order mark.

    Gzip is known by its first bytes, whatever the name. Where gzip data breaks off, the lines before are
    given and the break is reported. Raises OSError if the file cannot be read.
    """
    line = 0
    with ExitStack() as stack:
        try:
            for line, raw in enumerate(_open(path, stack), 1):
                yield line, raw.removeprefix(_BOM) if line == 1 else raw
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            report(ImportProblem(path, line + 1, f"the gzip data breaks off, what follows is lost: {error}"))


def _open(path: str, stack: ExitStack) -> IO[bytes]:
    raw: Any = sys.stdin.buffer if path == "-" else stack.enter_context(io.BufferedReader(io.FileIO(path)))
    file: Any = raw if raw.peek(2)[:2] != _GZIP else stack.enter_context(gzip.GzipFile(fileobj=raw))
    return file  # type: ignore[no-any-return]
