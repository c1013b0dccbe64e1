"""`groundswell topics`: the topics of `topics.py` on a real broker."""

import dataclasses
import json

import typer
from rich.console import Console

from groundswell.sinks.kafka_admin import BrokerUnreachable, Wanted, ensure_topics
from groundswell.streams.access import client_options, unreachable
from groundswell.streams.exit_codes import UNREACHABLE
from groundswell.streams.settings import Settings
from groundswell.streams.topics import TOPICS


def ensure(settings: Settings, *, dry_run: bool, as_json: bool) -> int:
    """Create what is missing, say what differs; return the exit code."""
    wanted = [
        Wanted(
            settings.topic_prefix + topic.name, settings.partitions, settings.replication, topic.settings()
        )
        for topic in TOPICS
    ]
    try:
        report = ensure_topics(client_options(settings), wanted, dry_run=dry_run)
    except BrokerUnreachable as error:
        Console(stderr=True).print(unreachable(settings, error), markup=False)
        return UNREACHABLE
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(report)))
        return 0
    for name in report.created:
        typer.echo(f"{'would create' if dry_run else 'created'}  {name}")
    for name in report.same:
        typer.echo(f"as wanted  {name}")
    for name, differences in report.differ.items():
        typer.echo(f"differs  {name}: {'; '.join(differences)}")
    if report.differ:
        typer.echo("existing topics are left as they are; change them with kafka-configs or kafka-topics")
    return 0
