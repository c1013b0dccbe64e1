"""What a replay prints: names keep their room on a narrow terminal, and no course of counts is cut off."""

import io

import pytest
from rich.console import Console

from groundswell.models.board_view import AgentView, BoardView, IntentRow, Tally
from groundswell.streams.run import Account
from groundswell.streams.terminal import report

NAME = "Cancel a flight and get the fee back"
EARLY = (9, *([0] * 40))


def printed(width: int, name: str = NAME) -> str:
    tally = Tally(turns=20, conversations=9, completed=3, failed=6)
    row = IntentRow("A", name, tally, 1.0, "flat", EARLY, ())
    agent = AgentView("acme", "shop", tally, 0, 41, 1, [row])
    view = BoardView(tally, [agent], [], [], [], {}, {})
    console = Console(file=io.StringIO(), width=width)
    report(console, Account(events=20, processed=20, seconds=1.0), view, 60)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 140])
def test_a_name_of_usual_length_is_printed_whole(width: int) -> None:
    assert NAME in printed(width)


@pytest.mark.parametrize("width", [80, 140])
def test_what_happened_first_stays_in_the_sparkline(width: int) -> None:
    assert "█" in printed(width)


def test_a_wide_terminal_shows_turns_and_share_besides() -> None:
    assert {"turns", "share"} <= set(printed(140).split())
    assert "share" not in printed(80)


def test_a_name_is_text_and_no_markup() -> None:
    assert "[red]x[/red]" in printed(100, "[red]x[/red]")
