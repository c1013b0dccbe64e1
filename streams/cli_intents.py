"""`groundswell intents`: look at an agent's intents and teach them. Further commands register on `app`."""

import asyncio
import dataclasses
import getpass
import json
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console

from groundswell.streams.exit_codes import FAILED, UNREACHABLE, USAGE
from groundswell.streams.settings import Settings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from groundswell.models.intent_command import IntentCommand, IntentCommandAnswer

#: What the ids of a command are of, and where they are found.
_IDS = dict.fromkeys(("intent", "intents", "into"), "an intent; `groundswell intents list` has them") | {
    "examples": "a turn; each entry of `groundswell conversation ID --json` has its `id`"
}

T = TypeVar("T")
err = Console(stderr=True)
app = typer.Typer(
    name="intents",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Look at an agent's intents, and teach them what the machine cannot know.

    A command goes into the log (`intent-commands`), is carried out at one place among the turns, and is
    kept by every refit. What you name, pin, retire, dismiss, merge or split is held as it is; `unpin`
    gives an intent back to the machine, and `undo` takes a command back.

    Ids of intents are in `groundswell intents list`; ids of turns are the `id` of each entry in
    `groundswell conversation ID --json`.
    """,
)

Tenant = Annotated[str, typer.Option(help="Whose agent.")]
AgentName = Annotated[str, typer.Option("--agent", "-a", help="Which agent.")]
Actor = Annotated[
    str | None, typer.Option(help="Who wants it, for the audit; your login unless given.", show_default=False)
]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for a worker's answer; 0 does not wait.")]
CommandId = Annotated[
    str | None,
    typer.Option("--id", help="Id of the command: given twice it is carried out once.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="YAML file with settings and agents.", envvar="GROUNDSWELL_CONFIG"),
]


def settings_of(config: Path | None) -> Settings:
    """Return the settings in effect, or end with what is wrong with them."""
    from groundswell.streams.cli import load_settings

    return load_settings(config)


def login() -> str:
    """Return who runs this, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


@app.command("list")
def list_(
    tenant: Tenant = "default", agent: AgentName = "default", json_: AsJson = False, config: ConfigFile = None
) -> None:
    """List the intents of an agent: id, name, who named it, and what people said about it.

    Example: `groundswell intents list --agent airline`
    """
    from groundswell.sinks.board import shown
    from groundswell.sinks.store import StoreError, StoreUnavailable
    from groundswell.streams import teaching

    settings = settings_of(config)
    try:
        found = asyncio.run(teaching.intents_of(settings, tenant, agent))
    except (StoreError, StoreUnavailable) as error:
        advice = f"; while a worker has it, see {settings.public_url.rstrip('/')}/api/board.json"
        err.print(f"{error}{advice if 'in use' in str(error) else ''}", markup=False, soft_wrap=True)
        raise typer.Exit(UNREACHABLE) from error
    if json_:
        typer.echo(json.dumps({"intents": [dataclasses.asdict(one) for one in found]}))
        return
    for one in found:
        state = f"  [{', '.join(one.state)}]" if one.state else ""
        named = {"human": " (named by a person)", "llm": " (named by a model)"}.get(one.source, "")
        typer.echo(f"{one.id}  {shown(one.name)}{named}{state}")


Given = tuple[str, str, str | None, float, str | None, bool, Path | None]


def give(kind: str, given: Given, **fields: Any) -> None:
    """Send a command, wait for its answer, print it, and end with the code that says how it went."""
    from groundswell.streams import teaching

    tenant, agent, actor, wait, id_, as_json, config = given
    settings = settings_of(config)
    try:
        command = teaching.command_of(tenant, agent, actor or login(), kind, id=id_, **fields)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            err.print(_wrong(kind, problem), markup=False, soft_wrap=True)
        raise typer.Exit(USAGE) from error
    answer = _answered(settings, teaching.give(settings, command, wait))
    _tell(command, answer, wait, as_json=as_json)
    if wait and (answer is None or answer.status == "refused"):
        raise typer.Exit(UNREACHABLE if answer is None else FAILED)


def _wrong(kind: str, problem: "ErrorDetails") -> str:
    """Return what is wrong with a command, and where ids are found."""
    from groundswell.sinks.board import shown

    place = ".".join(map(str, problem["loc"])) or kind
    found = _IDS.get(place.partition(".")[0])
    if problem["type"] != "string_pattern_mismatch" or found is None:
        return f"{place}: {problem['msg']}"
    return f"{place}: {shown(str(problem['input']))[:64]!r} is not an id of {found}"


def _answered(settings: Settings, work: Coroutine[Any, Any, T]) -> T:
    from aiokafka.errors import KafkaError

    from groundswell.streams.access import unreachable

    try:
        return asyncio.run(work)
    except KafkaError as error:
        err.print(unreachable(settings, error), markup=False)
        raise typer.Exit(UNREACHABLE) from error


def _tell(
    command: "IntentCommand", answer: "IntentCommandAnswer | None", wait: float, *, as_json: bool
) -> None:
    from groundswell.sinks.board import shown

    if as_json:
        told: dict[str, Any] = {
            "command_id": command.id,
            "status": "sent",
            "reason": None,
            "detail": "",
            "intents": [],
        }
        if answer is not None:
            told |= answer.model_dump(mode="json", include=set(told))
        typer.echo(json.dumps(told))
    elif answer is None:
        late = f"; no worker answered in {wait:g} s: it is in the log and will be carried out" if wait else ""
        typer.echo(f"sent {command.command} as {command.id}{late}")
    elif answer.status == "applied":
        typer.echo(f"applied {command.command} as {command.id}: {shown(answer.detail)}")
    else:
        owner = f"{shown(command.tenant)}/{shown(command.agent)}"
        where = f"; looked for in {owner}: --tenant and --agent name another"
        hint = where if answer.reason == "unknown_intent" else ""
        err.print(f"refused ({answer.reason}): {shown(answer.detail)}{hint}", markup=False, soft_wrap=True)
