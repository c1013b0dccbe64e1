"""What came of a replay, on a terminal. Texts from conversations are shown as text, never as markup."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from groundswell.models.board_view import AgentView, BoardView, IntentRow, ProposalRow, SpikeRow
from groundswell.models.naming.rules import plain
from groundswell.sinks.board import shown
from groundswell.streams.run import Account

#: Failure rate that is shown in red.
_RED = 0.5
_TOP_INTENTS = 8
_TOP_SPIKES = 6
#: What is news comes before what has burnt for long.
_KINDS = ("emerging", "volume", "failure", "slow_burn")
_TOP_EVIDENCE = 4
_EXCERPT = 100  # characters
_SPARK = 14
#: Columns of a terminal below which names get the room that figures of less weight would take.
_WIDE = 100
_BARS = " ▁▂▃▄▅▆▇█"
_TREND = {"up": "↑", "down": "↓", "flat": "→", "new": "new"}


def ticker(view: BoardView, done: int, total: int, seconds: float) -> RenderableType:
    """Return the live display: how far, how fast, and the largest intents so far."""
    rate = done / seconds if seconds else 0.0
    left = (total - done) / rate if rate else 0.0
    head = Text(
        f"replaying {done:,} of {total:,} events  {rate:,.0f}/s  {left:.0f} s left   "
        f"{view.tally.turns:,} turns  {view.intents} intents  {len(view.spikes)} spikes  "
        f"{len(view.proposals)} proposals"
    )
    bar = ProgressBar(total=total, completed=done, width=60)
    rows = [row for agent in view.agents for row in agent.intents if row.name]
    largest = sorted(rows, key=lambda row: -row.turns)[:5]
    names = [Text(f"  {row.turns:>5}  {shown(row.name)}", style="dim") for row in largest]
    return Group(head, bar, *names)


def report(console: Console, account: Account, view: BoardView, promised_s: int) -> None:
    """Print intents, spikes and proposals, and the account."""
    for agent in view.agents:
        console.print(_intents(agent, wide=console.width >= _WIDE))
    if view.spikes:
        console.print(_spikes(view.spikes))
    for proposal in reversed(view.proposals):
        console.print(_proposal(proposal))
    if view.withheld_reasons:
        reasons = ", ".join(f"{count} {reason}" for reason, count in view.withheld_reasons.items())
        console.print(Text(f"withheld, with the reason on the board: {reasons}", style="dim"))
    console.print(
        Text(
            f"\n{account.events} events = {account.processed} processed + {account.duplicates} duplicates"
            f" + {account.dead_letters} dead letters"
        )
    )
    kept = "kept" if account.seconds <= promised_s else "MISSED"
    console.print(Text(f"replayed in {account.seconds:.1f} s (promised: {promised_s} s, {kept})"))


def _intents(agent: AgentView, *, wide: bool) -> Table:
    table = Table(
        title=f"{agent.tenant}/{agent.agent}: {len(agent.intents)} intents", title_justify="left", expand=True
    )
    named = [row for row in agent.intents if row.name]
    largest = sorted(named, key=lambda row: (-row.conversations, row.id))[:_TOP_INTENTS]
    spark = _SPARK if wide else _SPARK // 2
    table.add_column("intent", overflow="ellipsis", no_wrap=True, ratio=1)
    columns: dict[str, Callable[[IntentRow], Text]] = {
        "turns": lambda row: Text(f"{row.turns:,}"),
        "convs": lambda row: Text(f"{row.conversations:,}"),
        "share": lambda row: Text(f"{row.share:.1%}"),
        "failing": _failing,
        "trend": lambda row: Text(_TREND[row.trend]),
    }
    if not wide:
        del columns["turns"], columns["share"]
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("over time", no_wrap=True, min_width=spark)
    for row in largest:
        cells = [cell(row) for cell in columns.values()]
        table.add_row(Text(shown(row.name)), *cells, Text(_sparkline(row.sparkline, spark), style="cyan"))
    return table


def _failing(row: IntentRow) -> Text:
    rate = row.failure_rate
    return Text("-" if rate is None else f"{rate:.0%}", style="red" if (rate or 0) >= _RED else "")


def _sparkline(counts: Sequence[int], width: int) -> str:
    """Return the course of counts in at most so many characters; neighbours are added up."""
    each = max(1, -(-len(counts) // width))
    sums = [sum(counts[i : i + each]) for i in range(0, len(counts), each)]
    top = max(sums, default=0) or 1
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // top)] for count in sums)


def _spikes(spikes: list[SpikeRow]) -> Table:
    table = Table(title="spikes", title_justify="left")
    for name in ("kind", "onset (UTC)", "what"):
        table.add_column(name, overflow="fold")
    ordered = sorted(spikes, key=lambda spike: (spike.status != "firing", _KINDS.index(spike.kind)))
    for spike in ordered[:_TOP_SPIKES]:
        onset = datetime.fromtimestamp(spike.onset_minute * 60, tz=UTC)
        state = "" if spike.status == "firing" else ", resolved"
        table.add_row(f"{spike.kind}{state}", f"{onset:%Y-%m-%d %H:%M}", Text(shown(spike.summary)))
    if len(spikes) > _TOP_SPIKES:
        table.caption = f"and {len(spikes) - _TOP_SPIKES} more on the board"
    return table


def _proposal(proposal: ProposalRow) -> Panel:
    parts: list[RenderableType] = [
        Text(
            f"{proposal.tenant}/{proposal.agent}  {proposal.path}  {', '.join(proposal.owners)}", style="dim"
        ),
        Text(shown(proposal.mechanism)),
        Syntax(proposal.diff, "diff", theme="ansi_dark", word_wrap=True),
        Text(f"evidence: {proposal.evidence_total} conversations"),
        *(
            Text(f"  {one.conversation_id}: {shown(plain(one.excerpt, _EXCERPT))}", style="dim")
            for one in proposal.evidence[:_TOP_EVIDENCE]
        ),
    ]
    return Panel(Group(*parts), title=Text(shown(proposal.title), style="bold"), title_align="left")
