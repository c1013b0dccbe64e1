"""The command line: `groundswell demo | run | import | worker` and the commands beside them.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 invalid configuration, 4 something that is
depended on does not answer, 130 interrupted.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer
from pydantic import ValidationError
from rich.console import Console

from groundswell.streams import cli_data, cli_intents, cli_showing, cli_teaching
from groundswell.streams.exit_codes import INTERRUPTED, INVALID, UNREACHABLE, USAGE
from groundswell.streams.settings import Settings
from groundswell.streams.settings_file import InvalidFile
from groundswell.streams.version import VERSION

app = typer.Typer(
    name="groundswell",
    help="Read every conversation of an AI agent, live: its intents, what swells or fails, the smallest fix.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
err = Console(stderr=True)

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="YAML file with settings and agents.", envvar="GROUNDSWELL_CONFIG"),
]


def load_settings(config: Path | None, **given: object) -> Settings:
    """Return the settings in effect, or end with what is wrong with them."""
    try:
        if config is not None:
            given["config"] = config
        return Settings(**given)  # type: ignore[arg-type]
    except (FileNotFoundError, InvalidFile) as error:
        err.print(str(error), markup=False)
        raise typer.Exit(INVALID) from error
    except ValidationError as error:
        err.print("invalid configuration:", markup=False)
        for problem in error.errors(include_url=False, include_input=False):
            place = ".".join(map(str, problem["loc"]))
            err.print(f"  {place}: {problem['msg']}", markup=False)
        err.print("`groundswell config` prints every setting, its value and its default", markup=False)
        raise typer.Exit(INVALID) from error


def log_to_stderr(level: str) -> None:
    """Log JSON where nobody watches, and readably on a terminal; other libraries only what is wrong."""
    pretty = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True)
    ] = False,
) -> None:
    """Start here: `groundswell demo` needs no server, no key and no network."""
    if version:
        typer.echo(f"groundswell {VERSION}")
        raise typer.Exit


@app.command()
def run(
    files: cli_data.Files,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for one <topic>.jsonl per output topic.")],
    agent: cli_data.Agent = None,
    tenant: cli_data.Tenant = None,
    form: cli_data.FormatName = "auto",
    columns: cli_data.Columns = None,
    start: cli_data.Start = None,
    batch: Annotated[
        int, typer.Option(min=1, max=4096, help="Events taken at once; changes no result.")
    ] = 64,
    json_: Annotated[bool, typer.Option("--json", help="Print the account as one JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """Carry your own conversations through every stage, in one process, and keep what comes out.

    Reads native events, dialogues, OpenAI chat messages, Langfuse and LangSmith exports, and CSV.

    Example: `groundswell run export.jsonl.gz --out out --config groundswell.yaml`
    """
    from groundswell.streams.run_command import run_files

    how = cli_data.how_to_read(agent, tenant, form, columns or (), start)
    settings = load_settings(config, batch=batch)
    log_to_stderr(settings.log_level)
    raise typer.Exit(run_files(files, out, settings, how=how, as_json=json_))


app.command("import")(cli_data.import_)
app.command()(cli_data.conversation)
cli_teaching.register()
app.add_typer(cli_intents.app)
app.command()(cli_showing.explain)


@app.command()
def demo(
    exit_: Annotated[
        bool, typer.Option("--exit", help="End after the replay instead of serving the board.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the board and /metrics; 0 picks one.")
    ] = 8080,
    examples: Annotated[Path | None, typer.Option(help="Folder with the example conversations.")] = None,
) -> None:
    """Replay real conversations through every stage and look at what comes out.

    Shows the intents that emerged, spikes with their onset, and a proposed change with its
    evidence; then serves the board and /metrics until Ctrl-C.
    """
    from groundswell.streams.demo import show

    log_to_stderr("WARNING")
    raise typer.Exit(asyncio.run(show(examples, port=port, serve=not exit_, as_json=json_)))


@app.command()
def worker(
    only: Annotated[
        str | None, typer.Option(help="Stages to run, comma separated: capture,turns,intents,...")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Run the stages on your Kafka and Qdrant. Start as many as you like; ends in order on SIGTERM."""
    from aiokafka.errors import KafkaError

    from groundswell.sinks.store import StoreError, StoreUnavailable
    from groundswell.streams.access import unreachable
    from groundswell.streams.app import INTAKE, stages_of
    from groundswell.streams.worker import work

    settings = load_settings(config)
    log_to_stderr(settings.log_level)
    stages = [name.strip() for name in (only or "").split(",") if name.strip()]
    known = [*INTAKE, *stages_of(settings)]
    if unknown := [name for name in stages if name not in known]:
        err.print(f"no stage is called {', '.join(unknown)}; choose from {', '.join(known)}", markup=False)
        raise typer.Exit(USAGE)
    try:
        asyncio.run(work(settings, stages))
    except KafkaError as error:
        err.print(unreachable(settings, error), markup=False)
        raise typer.Exit(UNREACHABLE) from error
    except (StoreError, StoreUnavailable) as error:
        err.print(f"{error}: check GROUNDSWELL_STORE", markup=False)
        raise typer.Exit(UNREACHABLE) from error


@app.command()
def topics(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be created.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """Create the Kafka topics that are missing and report how existing ones differ from what is wanted."""
    from groundswell.streams.topics_command import ensure

    raise typer.Exit(ensure(load_settings(config), dry_run=dry_run, as_json=json_))


@app.command()
def forget(
    user: Annotated[str | None, typer.Option(help="Id of the user, as producers send it.")] = None,
    conversation: Annotated[
        str | None, typer.Option(help="Id of the conversation, as producers send it.")
    ] = None,
    tenant: Annotated[str, typer.Option(help="Whose agents.")] = "default",
    agent: Annotated[
        str | None, typer.Option(help="One agent; of a user, all of the tenant's unless given.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be erased.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the workers.")] = 60,
    json_: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """Erase a person or a conversation from the stores, and say what remains where.

    Example: `groundswell forget --user 4711 --tenant shop`
    """
    from groundswell.streams.erasure import Wanted
    from groundswell.streams.forget_command import forget as carry_out

    settings = load_settings(config)
    try:
        wanted = Wanted.of(settings, user=user, conversation=conversation, tenant=tenant, agent=agent)
    except ValueError as error:
        problem = (
            "tenant, agent or conversation id is not valid" if isinstance(error, ValidationError) else error
        )
        err.print(str(problem), markup=False)
        raise typer.Exit(USAGE) from error
    if not dry_run and not yes:
        typer.confirm("Erase for good?", abort=True, err=True)
    raise typer.Exit(carry_out(settings, wanted, dry_run=dry_run, wait_s=wait, as_json=json_))


@app.command()
def schemas(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for one <type>.json per event type.")],
) -> None:
    """Write the JSON Schemas of everything that crosses a topic."""
    from groundswell.streams.schemas import write

    for path in write(out):
        typer.echo(path)


@app.command("config")
def config_(config: ConfigFile = None) -> None:
    """Print what is in effect, secrets masked: flags over environment over the file over defaults."""
    typer.echo(json.dumps(load_settings(config).masked(), indent=2))


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
