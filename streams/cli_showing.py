"""`groundswell intents show` and `groundswell explain`: what an intent is, and why a turn is in one."""

from typing import Annotated

import typer

from groundswell.streams.cli_intents import ConfigFile, app, settings_of


@app.command()
def show(
    intent: Annotated[str, typer.Argument(metavar="ID", help="Id of an intent or of a sub-intent.")],
    tenant: Annotated[str | None, typer.Option(help="Whose it is; finds it faster.")] = None,
    agent: Annotated[str | None, typer.Option(help="Which agent's it is; finds it faster.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """Print one intent: quality, terms, turns, neighbours, where it breaks, outcomes, cases, history.

    It is that of the last commit. An embedded store (edge:FOLDER) belongs to one process at a time: while
    a worker has it, look at the board, at /intents/TENANT/AGENT/ID.

    Exit codes: 0 printed, 1 there is none, 2 several agents have it (they are listed), 4 the store cannot
    be opened.

    Example: `groundswell intents show 01K7Z7W8QG3V1N0RSB4T5XJ2AF --tenant shop --agent support`
    """
    from groundswell.streams.intent_command import show as print_intent

    raise typer.Exit(print_intent(intent, settings_of(config), tenant=tenant, agent=agent, as_json=json_))


def explain(
    turn: Annotated[str, typer.Argument(metavar="TURN", help="A turn's uuid, or a conversation's id.")],
    ordinal: Annotated[
        int | None, typer.Argument(min=0, help="Of a conversation, which turn, in order of arrival from 0.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose it is, if several have this id.")] = None,
    agent: Annotated[str | None, typer.Option(help="Which agent's, if several have this id.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """Say why a turn went to its intent: gate, context, nearest sub-intents, threshold, pin.

    The reasons are those of the intents as they are today; what the turn got on arrival is told as far as
    it is remembered.

    Exit codes: 0 printed, 1 there is no such turn, 2 several conversations have this id (they are listed),
    4 the store cannot be opened.

    Example: `groundswell explain chat-1042 0 --agent support`
    """
    from groundswell.streams.explain_command import show as print_reasons
    from groundswell.streams.explaining import Asked

    asked = Asked(turn, ordinal, tenant, agent)
    raise typer.Exit(print_reasons(asked, settings_of(config), as_json=json_))
