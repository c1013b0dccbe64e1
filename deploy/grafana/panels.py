"""How a Grafana dashboard is written: queries, panels, their places, and the JSON of the classic schema."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

SOURCE = {"type": "prometheus", "uid": "prometheus"}
COLUMNS = 24

STACKED = {"custom": {"stacking": {"mode": "normal"}, "fillOpacity": 35, "lineWidth": 1}}
PLAIN = {"custom": {"fillOpacity": 8, "lineWidth": 1}}
NEUTRAL = {"color": {"mode": "fixed", "fixedColor": "text"}}
ALARMING = {
    "color": {"mode": "thresholds"},
    "thresholds": {
        "mode": "absolute",
        "steps": [{"color": "green", "value": None}, {"color": "red", "value": 1}],
    },
}
_TABLE = {"legend": {"displayMode": "table", "placement": "right", "calcs": ["lastNotNull"]}}
_LAST = {"reduceOptions": {"calcs": ["lastNotNull"]}}

Query = tuple[str, str]  #: an expression and how its series are called


@dataclass(frozen=True)
class Panel:
    """One panel; *width* of 24 columns, *height* in rows of 30 pixels."""

    title: str
    about: str
    unit: str
    queries: tuple[Query, ...]
    kind: str = "timeseries"
    width: int = 12
    height: int = 8
    defaults: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    exemplars: bool = False

    def to_json(self, number: int, left: int, top: int) -> dict[str, Any]:
        """Return the panel as Grafana reads it, at a place of its own."""
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.about,
            "datasource": SOURCE,
            "gridPos": {"x": left, "y": top, "w": self.width, "h": self.height},
            "fieldConfig": {"defaults": {"unit": self.unit, **self.defaults}, "overrides": []},
            "options": self.options,
            "targets": [self._target(index, *query) for index, query in enumerate(self.queries)],
        }

    def _target(self, index: int, expr: str, legend: str) -> dict[str, Any]:
        instant = self.kind == "bargauge"
        return {
            "refId": chr(ord("A") + index),
            "datasource": SOURCE,
            "expr": expr,
            "legendFormat": legend,
            "exemplar": self.exemplars and index == 0,
            "instant": instant,
            "range": not instant,
        }


def graph(
    title: str,
    about: str,
    unit: str,
    *queries: Query,
    width: int = 12,
    stacked: bool = False,
    exemplars: bool = False,
) -> Panel:
    """Return curves over time."""
    return Panel(
        title, about, unit, queries, width=width, defaults=STACKED if stacked else PLAIN,
        options={**_TABLE, "tooltip": {"mode": "multi", "sort": "desc"}}, exemplars=exemplars,
    )  # fmt: skip


def stat(title: str, about: str, unit: str, expr: str, *, alarming: bool = False) -> Panel:
    """Return one number; an alarming one is red from 1 on."""
    return Panel(
        title, about, unit, ((expr, ""),), kind="stat", width=4, height=4,
        defaults=ALARMING if alarming else NEUTRAL,
        options={**_LAST, "colorMode": "value", "graphMode": "area"},
    )  # fmt: skip


def bars(title: str, about: str, unit: str, query: Query) -> Panel:
    """Return one bar for each series of now."""
    return Panel(
        title, about, unit, (query,), kind="bargauge", height=10, defaults={"min": 0},
        options={**_LAST, "orientation": "horizontal", "displayMode": "gradient"},
    )  # fmt: skip


def laid_out(sections: Iterable[tuple[str, tuple[Panel, ...]]]) -> list[dict[str, Any]]:
    """Return the panels, each section under a row of its own, left to right and then down."""
    laid: list[dict[str, Any]] = []
    top = 0
    for title, panels in sections:
        place = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
        row = {"id": len(laid) + 1, "type": "row", "title": title, "collapsed": False, "gridPos": place}
        laid.append({**row, "panels": []})
        left, top, tallest = 0, top + 1, 0
        for panel in panels:
            if left + panel.width > COLUMNS:
                left, top, tallest = 0, top + tallest, 0
            laid.append(panel.to_json(len(laid) + 1, left, top))
            left, tallest = left + panel.width, max(tallest, panel.height)
        top += tallest
    return laid


def variable(label: str, metric: str) -> dict[str, Any]:
    """Return a variable over the values of a metric's label."""
    query = f"label_values({metric}, {label})"
    return {
        "name": label, "label": label.capitalize(), "type": "query", "datasource": SOURCE,
        "definition": query, "query": {"query": query, "refId": label}, "refresh": 2, "sort": 1,
        "multi": True, "includeAll": True, "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }  # fmt: skip


def annotation(name: str, expr: str, title: str, colour: str) -> dict[str, Any]:
    """Return a mark on every curve wherever *expr* has a value."""
    return {
        "name": name, "datasource": SOURCE, "enable": True, "expr": expr, "step": "60s",
        "titleFormat": title, "iconColor": colour,
    }  # fmt: skip
