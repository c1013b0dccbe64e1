"""The board: one page of HTML from a view, everything in it escaped.

The page needs no script, no build and no other host. Names, excerpts and diffs are written
by strangers: they are escaped, isolated from the page's text direction, and characters that
cannot be seen are spelled out, so that a reviewer reads what a model would.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from groundswell.models.board_view import AgentView, BoardView, IntentRow, Tally
from groundswell.models.diff_lines import diff_lines
from groundswell.models.map_view import HEIGHT, WIDTH, circles

#: Rows of an agent's table that are open at first.
ROWS = 12
#: Minutes without a closed minute after which the stream is called idle.
LIVE_MINUTES = 10
#: How the intents may be sorted: by a key, largest first.
ORDERS: dict[str, Callable[[IntentRow], float | str]] = {
    "impact": lambda row: row.tally.failures,
    "conversations": lambda row: row.conversations,
    "turns": lambda row: row.turns,
    "failure": lambda row: -1.0 if row.failure_rate is None else row.failure_rate,
    "repaired": lambda row: row.tally.repaired / max(row.conversations, 1),
    "trend": lambda row: {"new": 3, "up": 2, "flat": 1, "down": 0}[row.trend],
}

_OUTCOMES = ("completed", "escalated", "abandoned", "failed", "unknown")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_TEMPLATES = files("groundswell.sinks") / "templates"
STYLE = (_TEMPLATES / "board.css").read_text(encoding="utf-8")
SCRIPT = (_TEMPLATES / "board.js").read_text(encoding="utf-8")
_STYLE_DIGEST = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

#: What the page may load: its own style by digest, its own script, an icon; nothing inline, nothing foreign.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{_STYLE_DIGEST}'",
        "script-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def render(view: BoardView, now_ms: int, order: str = "impact", *, teaching: bool = False) -> str:
    """Return the page; *now_ms* (milliseconds since the epoch) tells how fresh the view is.

    An *order* that is none of `ORDERS` is taken as ``impact``. *teaching*: whether intents can be taught.
    """
    order = order if order in ORDERS else "impact"
    return ENVIRONMENT.get_template("board.html").render(
        view=view,
        agents=[(agent, _sorted(agent, order)) for agent in view.agents],
        order=order,
        teaching=teaching,
        now_minute=now_ms // 60_000,
        style=Markup(STYLE),  # noqa: S704  our own file, not a stranger's text
        open_rows=ROWS,
        live_minutes=LIVE_MINUTES,
        version=version("groundswell"),
    )


def shown(text: str) -> str:
    """Spell out characters that cannot be seen or that turn the text around.

    >>> shown("pay\u202epal")
    'pay⟨U+202E⟩pal'
    """
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def coded(text: str) -> Markup:
    """Return *text* as HTML, what stands between backticks as code; all of it escaped."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return escape(text)
    return Markup().join(
        Markup("<code>{}</code>").format(piece) if i % 2 else piece for i, piece in enumerate(pieces)
    )


def web_link(url: str) -> str:
    """Return *url* if it leads to a web page, else nothing: no script, no file."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def percent(share: float | None) -> str:
    """Return a share as a percentage, one decimal below ten; a dash for none."""
    if share is None:
        return "–"
    return f"{share * 100:.1f} %" if 0 < share < 0.0995 else f"{share * 100:.0f} %"


def clock(minute: int | None) -> str:
    """Return a minute since the epoch as date and time in UTC."""
    if minute is None or not 0 <= minute < 4_000_000_000:
        return "–"
    return f"{datetime.fromtimestamp(minute * 60, tz=UTC):%Y-%m-%d %H:%M}"


def moment(milliseconds: int) -> str:
    """Return a time in UTC, to the second."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, tz=UTC):%Y-%m-%d %H:%M:%S}"


def span(minutes: int) -> str:
    """Return a length of time in the unit that fits.

    >>> span(5), span(180), span(4320)
    ('5 min', '3 h', '3 d')
    """
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"


def points(counts: tuple[int, ...], most: int, width: int = 132, height: int = 26) -> str:
    """Return the points of an SVG polyline; *most* is the count at the top."""
    step = width / max(len(counts) - 1, 1)
    scale = (height - 2) / max(most, 1)
    return " ".join(f"{i * step:.1f},{height - 1 - max(n, 0) * scale:.1f}" for i, n in enumerate(counts))


def parts(tally: Tally, width: int = 96) -> list[tuple[str, int, float, float]]:
    """Return the pieces of an outcome bar: status, count, offset and length."""
    counts = [(status, max(int(getattr(tally, status)), 0)) for status in _OUTCOMES]
    total, offset = sum(count for _, count in counts), 0.0
    pieces = []
    for status, count in counts:
        length = width * count / total if total else 0.0
        if count:
            pieces.append((status, count, round(offset, 1), round(length, 1)))
        offset += length
    return pieces


def _sorted(agent: AgentView, order: str) -> list[IntentRow]:
    """Return the rows in *order*; equal ones stay in order of impact."""
    return sorted(agent.intents, key=ORDERS[order], reverse=True)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("groundswell.sinks", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        shown=shown, coded=coded, link=web_link, percent=percent, clock=clock, span=span,
        points=points, parts=parts, circles=circles,
        thousands=lambda count: f"{count:,}".replace(",", "\u202f"),
        diff_lines=lambda diff: list(diff_lines(diff)), words=lambda name: str(name).replace("_", " "),
    )  # fmt: skip
    environment.globals.update(map_width=WIDTH, map_height=HEIGHT)
    return environment


#: The templates and the filters that make text harmless.
ENVIRONMENT = _environment()
