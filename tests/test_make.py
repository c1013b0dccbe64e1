"""`make install` on a machine that cannot carry groundswell says what to do, and leaves nothing behind."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def make(tmp_path: Path):
    """Runs a target of the Makefile in a folder that holds only what the installation reads."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["make", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def python(folder: Path, *, version: str, refuses: str) -> str:
    """A stand-in for an interpreter, of that version, that fails on code which mentions `refuses`."""
    program = folder / "python-stand-in"
    program.write_text(
        f"""#!/bin/sh\nif [ "$1" = -V ]; then echo "Python {version}"; exit; fi\n"""
        f"""case "$*" in *{refuses}*) exit 1;; esac\n"""
    )
    program.chmod(0o755)
    return f"PYTHON={program}"


def test_a_python_that_is_not_there_is_named(make, tmp_path: Path) -> None:
    done = make("install", "PYTHON=python-of-tomorrow")
    assert done.returncode
    assert "python-of-tomorrow not found: install Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_python_that_is_too_old_is_named_with_its_version(make, tmp_path: Path) -> None:
    done = make("install", python(tmp_path, version="3.9.2", refuses="version_info"))
    assert done.returncode
    assert "needs Python 3.11 or newer" in done.stderr
    assert "is Python 3.9.2" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_python_without_venv_is_answered_with_the_package_to_install(make, tmp_path: Path) -> None:
    done = make("install", python(tmp_path, version="3.11.2", refuses="ensurepip"))
    assert done.returncode
    assert "apt-get install python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_help_lists_every_target_that_a_person_calls(make) -> None:
    said = make("help").stdout
    for target in ("install", "demo", "test", "lint", "types", "bench", "lock"):
        assert f"make {target} " in said
