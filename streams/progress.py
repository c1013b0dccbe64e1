"""How far a long command is, and what was wrong with its input: on a terminal a bar, in a pipe nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from groundswell.streams.import_rows import ImportProblem

#: Problems with rows that are kept to be printed; the rest is counted.
SHOWN = 20


@dataclass(slots=True)
class Problems:
    """The rows that could not be read: how many, and the first of them."""

    count: int = 0
    first: list[ImportProblem] = field(default_factory=list)

    def add(self, problem: ImportProblem) -> None:
        """Take a problem in."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(problem)

    def show(self, console: Console) -> None:
        """Print the first problems, each with its file and line, and how many more there are."""
        for problem in self.first:
            console.print(str(problem), markup=False, soft_wrap=True)
        if self.count > len(self.first):
            more = self.count - len(self.first)
            console.print(f"... and {more} rows more with problems", markup=False, soft_wrap=True)


@contextmanager
def progress(console: Console, doing: str, total: int | None) -> Iterator[Callable[[int], None] | None]:
    """Show a bar with rate and time left on a terminal; nothing in a pipe."""
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda number: bar.update(task, completed=number)


class RateColumn(TextColumn):
    """Events per second."""

    def __init__(self) -> None:
        super().__init__("{task.speed:.0f} events/s")

    def render(self, task):  # type: ignore[no-untyped-def]
        """Return the rate, once there is one."""
        return super().render(task) if task.speed else ""
