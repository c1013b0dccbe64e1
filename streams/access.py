"""How to reach the broker: its address, TLS and a login, in the words of each client."""

import ssl
from typing import Any

import faust
from faust.types.auth import CredentialsArg

from groundswell.streams.settings import Settings

#: A topic or a partition that appears after the start of a worker is noticed this soon. Kafka clients look
#: every five minutes; so long a worker would wait that was started a moment before its topics.
METADATA_MAX_AGE_MS = 5_000


def client_options(settings: Settings) -> dict[str, Any]:
    """Return the options of an aiokafka or kafka-python client."""
    context = _context(settings)
    options: dict[str, Any] = {"bootstrap_servers": settings.broker.split(",")}
    if settings.broker_username is None:
        return options if context is None else options | {"security_protocol": "SSL", "ssl_context": context}
    return options | {
        "security_protocol": "SASL_PLAINTEXT" if context is None else "SASL_SSL",
        "ssl_context": context,
        "sasl_mechanism": settings.broker_mechanism,
        "sasl_plain_username": settings.broker_username,
        "sasl_plain_password": _password(settings),
    }


def credentials(settings: Settings) -> CredentialsArg | None:
    """Return what Faust takes, or None for a broker that asks nothing."""
    context = _context(settings)
    if settings.broker_username is None:
        return None if context is None else faust.SSLCredentials(context)
    return faust.SASLCredentials(
        username=settings.broker_username,
        password=_password(settings),
        ssl_context=context,
        mechanism=settings.broker_mechanism,
    )


def unreachable(settings: Settings, error: BaseException) -> str:
    """Return what to tell whoever started us while no broker answers; clients do not say why it refused."""
    wanted = "GROUNDSWELL_BROKER=host:port"
    if settings.broker_username is not None:
        wanted += ", GROUNDSWELL_BROKER_USERNAME and GROUNDSWELL_BROKER_PASSWORD"
    if settings.broker_tls:
        wanted += ", and GROUNDSWELL_BROKER_CA if its certificate is of an authority of your own"
    return f"no Kafka broker lets us in at {settings.broker} ({error}): check {wanted}"


def _password(settings: Settings) -> str:
    return settings.broker_password.get_secret_value() if settings.broker_password else ""


def _context(settings: Settings) -> ssl.SSLContext | None:
    if not settings.broker_tls:
        return None
    return ssl.create_default_context(cafile=str(settings.broker_ca) if settings.broker_ca else None)
