"""The commands that bring conversations in and look at one: `groundswell import` and `conversation`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from groundswell.models.event import EARLIEST_MS
from groundswell.models.importing.detection import FORMATS, Format
from groundswell.models.importing.table import FIELDS
from groundswell.models.moments import moment
from groundswell.streams.importing import How

Files = Annotated[
    list[str],
    typer.Argument(help="JSON lines or CSV, .gz too; - is standard input.", metavar="FILE..."),
]
Agent = Annotated[str | None, typer.Option(help="Give every event to this agent.")]
Tenant = Annotated[str | None, typer.Option(help="Give every event to this tenant.")]
FormatName = Annotated[
    str,
    typer.Option("--format", "-f", metavar="FORMAT", help=f"auto (by the first rows), {', '.join(FORMATS)}."),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        "-m",
        metavar="FIELD=COLUMN",
        help="Which column of a table holds a field, e.g. text=message; repeat it, or part with commas.",
    ),
]
Start = Annotated[
    str | None,
    typer.Option(help="When conversations without any time begin (ISO 8601); default 2000-01-01."),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="YAML file with settings and agents.", envvar="GROUNDSWELL_CONFIG"),
]


def how_to_read(
    agent: str | None, tenant: str | None, form: str, columns: Sequence[str], start: str | None
) -> How:
    """Return how files are read as the options say. Raises typer.BadParameter."""
    begin = _start(start)
    return How(
        agent=agent,
        tenant=tenant,
        form=_format(form),
        columns=_mapping(columns),
        start_ms=EARLIEST_MS if begin is None else begin,
    )


def _format(name: str) -> Format | None:
    if name == "auto":
        return None
    for known in FORMATS:
        if known == name:
            return known
    raise typer.BadParameter(f"{name!r} is none of auto, {', '.join(FORMATS)}", param_hint="--format")


def _mapping(columns: Sequence[str]) -> dict[str, str]:
    pairs = [pair for column in columns for pair in column.split(",") if pair]
    mapping = {}
    for pair in pairs:
        field, is_pair, column = pair.partition("=")
        if not is_pair or not column or not (field in FIELDS or field.startswith("slices.")):
            raise typer.BadParameter(
                f"{pair!r}: wanted FIELD=COLUMN, where FIELD is slices.NAME or one of {', '.join(FIELDS)}",
                param_hint="--map",
            )
        mapping[field] = column
    return mapping


def _start(text: str | None) -> int | None:
    try:
        return moment(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: {error}", param_hint="--start") from error


def import_(
    files: Files,
    agent: Agent = None,
    tenant: Tenant = None,
    form: FormatName = "auto",
    columns: Columns = None,
    start: Start = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the account as one JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """Send conversations from files to your broker's `conversation-events`, where the workers read them.

    Reads native events, dialogues, OpenAI chat messages, Langfuse and LangSmith exports, and CSV. A bad row
    is named by file and line and does not stop the rest. Importing again is harmless: each turn has an id
    that depends on its content alone, so what is there already is recognised.

    Exit codes: 0 every row was sent, 1 some rows were left out or a file cannot be read, 2 a format or
    column is not known, 4 the broker does not answer, 130 interrupted.

    For example `groundswell import langfuse/*.jsonl.gz --agent support`, or
    `groundswell import chats.csv --map conversation_id=chat,role=sender,text=message,time=ts`
    """
    from groundswell.streams.cli import load_settings
    from groundswell.streams.import_command import import_files

    how = how_to_read(agent, tenant, form, columns or (), start)
    raise typer.Exit(import_files(files, load_settings(config), how=how, as_json=json_))


def conversation(
    name: Annotated[str, typer.Argument(metavar="ID", help="What its sender calls it, or its uuid.")],
    tenant: Annotated[str | None, typer.Option(help="Whose it is, if several have this id.")] = None,
    agent: Annotated[str | None, typer.Option(help="Which agent's, if several have this id.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the thread as one JSON object.")] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="Print what a diagnosis needs, at most 4,000 characters.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Print one whole conversation from the store: its goals, every turn in order, signals, outcome so far.

    Duplicates are gone and late turns stand where they belong. Feedback is there whenever it came.
    An embedded store (edge:FOLDER) belongs to one process at a time: while a worker has it, read the
    conversation on its board, at /conversations/ID.

    Exit codes: 0 printed, 1 there is none, 2 several have this id (they are listed), 4 the store cannot
    be opened.

    Example: `groundswell conversation chat-1042 --agent support`
    """
    from groundswell.streams.cli import load_settings
    from groundswell.streams.conversation_command import show

    settings = load_settings(config)
    raise typer.Exit(show(name, settings, tenant=tenant, agent=agent, as_json=json_, summary=summary))
