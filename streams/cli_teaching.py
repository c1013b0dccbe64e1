"""The commands of `groundswell intents` that teach: each becomes one command on the log."""

from typing import Annotated

import typer

from groundswell.streams.cli_intents import (
    Actor,
    AgentName,
    AsJson,
    CommandId,
    ConfigFile,
    Tenant,
    Wait,
    app,
    give,
)

Intent = Annotated[str, typer.Argument(help="Id of the intent.", metavar="INTENT")]
Turns = Annotated[list[str], typer.Argument(help="Ids of turns (uuids).", metavar="TURN...")]


@app.command()
def rename(
    intent: Intent,
    name: Annotated[str, typer.Argument(help="The name, at most 60 characters.", metavar="NAME")],
    tenant: Tenant = "default",
    agent: AgentName = "default",
    actor: Actor = None,
    wait: Wait = 30,
    id_: CommandId = None,
    json_: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Name an intent; the machine never names it again.

    Example: `groundswell intents rename 01K7… "Baggage fee refunds" --agent airline`
    """
    give("rename", (tenant, agent, actor, wait, id_, json_, config), intent=intent, name=name)


@app.command()
def describe(
    intent: Intent,
    description: Annotated[str, typer.Argument(help="What it is, at most 500 characters.", metavar="TEXT")],
    tenant: Tenant = "default",
    agent: AgentName = "default",
    actor: Actor = None,
    wait: Wait = 30,
    id_: CommandId = None,
    json_: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Say in a sentence or two what an intent is."""
    given = (tenant, agent, actor, wait, id_, json_, config)
    give("describe", given, intent=intent, description=description)


@app.command()
def merge(
    intents: Annotated[list[str], typer.Argument(help="Ids of the intents that go.", metavar="INTENT...")],
    into: Annotated[str, typer.Option("--into", help="Id of the intent that takes them.", metavar="INTENT")],
    tenant: Tenant = "default",
    agent: AgentName = "default",
    actor: Actor = None,
    wait: Wait = 30,
    id_: CommandId = None,
    json_: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Make several intents one, for good; their counts go with them.

    Example: `groundswell intents merge 01K7A… 01K7B… --into 01K7C… --agent airline`
    """
    give("merge", (tenant, agent, actor, wait, id_, json_, config), intents=tuple(intents), into=into)


@app.command()
def split(
    intent: Intent,
    out: Annotated[list[str], typer.Option("--out", help="Id of a turn that leaves; repeat it.")],
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="Id of a turn that stays; repeat it.", show_default=False),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the new intent.", show_default=False)] = None,
    tenant: Tenant = "default",
    agent: AgentName = "default",
    actor: Actor = None,
    wait: Wait = 30,
    id_: CommandId = None,
    json_: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Divide an intent by examples: what is like those that leave leaves with them, for good.

    Example: `groundswell intents split 01K7… --out TURN --out TURN --keep TURN --name "Lost baggage"`
    """
    given = (tenant, agent, actor, wait, id_, json_, config)
    give("split", given, intent=intent, examples=tuple(out), keeps=tuple(keep or ()), name=name)


#: Commands that name one intent and say no more.
_OF_ONE = {
    "pin": "Hold an intent as it is: its present members stay, and no refit merges it away.",
    "unpin": "Give an intent back to the machine: refits may regroup it. A name that you gave stays.",
    "retire": "Let an intent take no new members; its history stays, its theme does not come back.",
    "unretire": "Let a retired intent take members again, under its id and name.",
    "dismiss": "Raise no spike and propose no change about an intent; it is still counted.",
    "undismiss": "Let an intent raise spikes and proposals again.",
}


def _of_one(kind: str, about: str) -> None:
    """Register a command that names one intent and says no more."""

    def run(
        intent: Intent,
        tenant: Tenant = "default",
        agent: AgentName = "default",
        actor: Actor = None,
        wait: Wait = 30,
        id_: CommandId = None,
        json_: AsJson = False,
        config: ConfigFile = None,
    ) -> None:
        give(kind, (tenant, agent, actor, wait, id_, json_, config), intent=intent)

    app.command(kind, help=about)(run)


@app.command("move-examples")
def move_examples(
    turns: Turns,
    into: Annotated[str, typer.Option("--into", help="Id of the intent they belong to.", metavar="INTENT")],
    tenant: Tenant = "default",
    agent: AgentName = "default",
    actor: Actor = None,
    wait: Wait = 30,
    id_: CommandId = None,
    json_: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Put turns, and what says nearly the same, into an intent, for good."""
    given = (tenant, agent, actor, wait, id_, json_, config)
    give("move-examples", given, examples=tuple(turns), into=into)


@app.command("must-link")
def must_link(
    turns: Turns,
    tenant: Tenant = "default",
    agent: AgentName = "default",
    actor: Actor = None,
    wait: Wait = 30,
    id_: CommandId = None,
    json_: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Keep turns together: all go to the intent of the first."""
    give("must-link", (tenant, agent, actor, wait, id_, json_, config), examples=tuple(turns))


@app.command("cannot-link")
def cannot_link(
    turns: Turns,
    tenant: Tenant = "default",
    agent: AgentName = "default",
    actor: Actor = None,
    wait: Wait = 30,
    id_: CommandId = None,
    json_: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Keep two turns apart: if they share an intent, the second founds a new one."""
    give("cannot-link", (tenant, agent, actor, wait, id_, json_, config), examples=tuple(turns))


@app.command()
def undo(
    command: Annotated[str, typer.Argument(help="Id of the command, as its answer told.", metavar="COMMAND")],
    tenant: Tenant = "default",
    agent: AgentName = "default",
    actor: Actor = None,
    wait: Wait = 30,
    id_: CommandId = None,
    json_: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Take a command back. One that a later command rests on is undone after that."""
    give("undo", (tenant, agent, actor, wait, id_, json_, config), undoes=command)


def register() -> None:
    """Add the commands that name one intent and say no more; the others stand above."""
    for kind, about in _OF_ONE.items():
        _of_one(kind, about)
