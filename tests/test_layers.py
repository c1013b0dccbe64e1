"""Imports point one way: streams -> sinks -> models; and each outside system is known to one file."""

import ast
import os
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("models", "sinks", "streams")  # each may import itself and what stands before it

# What a pure function may be made of. Neither IO nor a clock, randomness, threads or the environment.
PURE_LIBRARIES = {
    *("numpy", "orjson", "pydantic", "river", "scipy", "typing_extensions", "yaml"),
    *("google", "opentelemetry"),  # protobuf messages: bytes to values
}
IMPURE_STANDARD = {
    *("asyncio", "concurrent", "multiprocessing", "selectors", "signal", "subprocess", "threading"),
    *("ftplib", "http", "smtplib", "socket", "socketserver", "ssl", "urllib.request"),
    *("glob", "io", "logging", "os", "shutil", "sqlite3", "sys", "tempfile"),
    *("random", "secrets", "time"),
}
IMPURE_CALLS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4"),
    *("open", "input", "print", "hash", "id"),
    *("np.random.rand", "np.random.randn", "np.random.seed", "np.random.random"),
}

# One file each (or several named after the system): whoever replaces it opens those and no others.
CLIENTS = {
    *("qdrant_client", "qdrant_edge", "prometheus_client", "confluent_kafka", "kafka"),
    *("fastembed", "onnxruntime", "openai", "jinja2"),
}


def modules(layer: str) -> list[Path]:
    return sorted((ROOT / layer).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Dotted names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def outside(path: Path) -> set[str]:
    """Top-level names of the other people's packages that a module imports."""
    tops = {name.partition(".")[0] for name in imported(path)}
    return tops - set(sys.stdlib_module_names) - {"groundswell"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_nothing_from_the_layers_after_it(layer: str) -> None:
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    wrong = {
        (relative(path), name)
        for path in modules(layer)
        for name in imported(path)
        if name.startswith("groundswell") and name.split(".")[1] not in allowed
    }
    assert wrong == set()


def test_models_are_made_of_pure_libraries_only() -> None:
    wrong = {(relative(p), name) for p in modules("models") for name in outside(p) - PURE_LIBRARIES}
    assert wrong == set()


def test_models_touch_neither_files_nor_network_nor_clock_nor_chance() -> None:
    wrong = {
        (relative(path), name)
        for path in modules("models")
        for name in imported(path)
        if any(f"{name}.".startswith(f"{impure}.") for impure in IMPURE_STANDARD)
    }
    assert wrong == set()
    called = {(relative(p), name) for p in modules("models") for name in calls(p)}
    assert {(path, name) for path, name in called if name in IMPURE_CALLS} == set()


def test_each_client_library_is_imported_in_one_place_of_the_sinks() -> None:
    importers = defaultdict(set)
    for layer in LAYERS:
        for path in modules(layer):
            for library in outside(path) & CLIENTS:
                importers[library].add(relative(path))
    scattered = {
        library: files
        for library, files in importers.items()
        if len(files) > 1 and not all(file.startswith("sinks/qdrant_") for file in files)
    }
    assert scattered == {}
    assert {file for files in importers.values() for file in files if not file.startswith("sinks/")} == set()


def test_sinks_know_nothing_of_faust() -> None:
    assert {relative(p) for p in modules("sinks") if outside(p) & {"faust", "mode", "aiokafka"}} == set()


def test_every_package_folder_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"])
    folders = {p.parent.relative_to(ROOT) for layer in LAYERS for p in modules(layer)}
    assert {"groundswell." + ".".join(folder.parts) for folder in folders} == listed - {
        "groundswell.examples"
    }


def test_matrix_products_use_one_thread_whatever_is_imported_first() -> None:
    """Two threads cut a product in two, and the last bits of a projection are others."""
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    code = (
        "import groundswell.streams.app, numpy, os; "
        "from threadpoolctl import threadpool_info as pools; "
        "print({p['num_threads'] for p in pools() if p['user_api'] == 'blas'})"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=True
    )

    assert printed.stdout.strip() == "{1}"
