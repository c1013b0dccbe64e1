"""Secrets planted in real turns, and how much of one is left after redaction.

`redaction_planted.tsv` has a kind and a phrase a line. The secret stands between ⟦ and ⟧; ``|`` inside it
keeps scanners from taking the table for a leak and is dropped, ``↵`` is a line break. Each phrase is put
into a turn of the shipped example conversations: before it, after it, or between two of its words.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

TESTS = Path(__file__).parent
EXAMPLES = TESTS.parent / "examples"
FILES = ("star_week.jsonl.gz", "tau2_airline.jsonl.gz", "tau_retail_grok3.jsonl.gz")
_SECRET = re.compile("⟦(.*?)⟧", re.DOTALL)
#: A piece of a secret this long gives it away.
PIECE = 5


@dataclass(frozen=True)
class Planted:
    """A turn with secrets in it: `rest` is everything else, `line` the phrase's line in the table."""

    line: int
    kind: str
    text: str
    secrets: tuple[str, ...]
    rest: str

    def left(self, redacted: str) -> list[str]:
        """Return the pieces of the secrets that *redacted* still shows."""
        return [
            piece
            for secret in self.secrets
            for piece in pieces(secret)
            if piece in redacted and piece not in self.rest
        ]


def pieces(secret: str) -> list[str]:
    """Return every piece of PIECE characters that has something to tell; a shorter secret is one piece."""
    starts = range(max(1, len(secret) - PIECE + 1))
    found = (secret[start : start + PIECE] for start in starts)
    return [piece for piece in found if sum(map(str.isalnum, piece)) >= min(3, len(secret))]


def planted() -> Iterator[Planted]:
    """Give every phrase of the table in a turn of its own."""
    lines = (TESTS / "redaction_planted.tsv").read_text("utf-8").splitlines()
    hosts = islice(cycle(turns()), len(lines))
    for number, (line, host) in enumerate(zip(lines, hosts, strict=True), 1):
        kind, _, phrase = line.partition("\t")
        phrase = phrase.replace("↵", "\n")
        told = _SECRET.sub(lambda match: match[1].replace("|", ""), phrase)
        before, after = cut(host, zlib.crc32(phrase.encode()))
        secrets = tuple(secret.replace("|", "") for secret in _SECRET.findall(phrase))
        rest = f"{before}\n{_SECRET.sub(chr(10), phrase)}\n{after}"
        yield Planted(number, kind, f"{before} {told} {after}".strip(), secrets, rest)


def cut(host: str, number: int) -> tuple[str, str]:
    """Cut a turn where *number* says: at its start, its end, or between two words."""
    words = host.split(" ")
    place = (0, len(words), number // 3 % (len(words) + 1))[number % 3]
    return " ".join(words[:place]), " ".join(words[place:])


def turns() -> list[str]:
    """Return some hundred turns that people and agents said, of every example file, each text once."""
    found: dict[str, None] = {}
    for name in FILES:
        with gzip.open(EXAMPLES / name, "rt", encoding="utf-8") as rows:
            for row in islice(rows, 40):
                said = [turn for turn in json.loads(row)["turns"] if turn["role"] in ("user", "assistant")]
                found.update(
                    dict.fromkeys(turn["text"] for turn in said[1:6] if 20 < len(turn["text"]) < 400)
                )
    return sorted(found, key=lambda text: zlib.crc32(text.encode()))
