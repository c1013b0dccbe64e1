"""What came of a replay, on a terminal. Texts from conversations are shown as text, never as markup."""

from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from groundswell.models.board_view import AgentView, BoardView, IntentRow, ProposalRow, SpikeRow
from groundswell.sinks.board import shown
from groundswell.streams.run import Account

#: Failure rate that is shown in red.
_RED = 0.5
_TOP_INTENTS = 8
_TOP_SPIKES = 6
#: What is news comes before what has burnt for long.
_KINDS = ("emerging", "volume", "failure", "slow_burn")
_TOP_EVIDENCE = 4
_SPARK = 14
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
        console.print(_intents(agent))
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


def _intents(agent: AgentView) -> Table:
    table = Table(
        title=f"{agent.tenant}/{agent.agent}: {len(agent.intents)} intents", title_justify="left", expand=True
    )
    table.add_column("intent", overflow="ellipsis", no_wrap=True, ratio=1)
    for name, width in (("turns", 6), ("convs", 6), ("share", 6), ("failing", 7), ("trend", 5)):
        table.add_column(name, justify="right", no_wrap=True, min_width=width)
    table.add_column("over time", no_wrap=True, min_width=_SPARK)
    named = [row for row in agent.intents if row.name]
    largest = sorted(named, key=lambda row: (-row.conversations, row.id))[:_TOP_INTENTS]
    for row in largest:
        table.add_row(*_cells(row))
    return table


def _cells(row: IntentRow) -> list[Text]:
    rate = row.failure_rate
    return [
        Text(shown(row.name)),
        Text(f"{row.turns:,}"),
        Text(f"{row.conversations:,}"),
        Text(f"{row.share:.1%}"),
        Text("-" if rate is None else f"{rate:.0%}", style="red" if (rate or 0) >= _RED else ""),
        Text(_TREND[row.trend]),
        Text(_sparkline(row.sparkline[-_SPARK:]), style="cyan"),
    ]


def _sparkline(counts: tuple[int, ...]) -> str:
    top = max(counts, default=0) or 1
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // top)] for count in counts)


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
            Text(f"  {one.conversation_id}: {shown(one.excerpt)[:100]}", style="dim")
            for one in proposal.evidence[:_TOP_EVIDENCE]
        ),
    ]
    return Panel(Group(*parts), title=Text(shown(proposal.title), style="bold"), title_align="left")
