"""One agent's part of the board: counts per fine intent, seen through today's groups."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from groundswell.models.board_fine import Fine
from groundswell.models.board_rows import NAME, answer_row, calibration_row, tally_of
from groundswell.models.board_view import AgentView, AnswerRow, CalibrationRow, IntentRow, Tally
from groundswell.models.json_value import items, mapping, number, strings, text, texts, whole
from groundswell.models.timeline import Clock, trend

MAX_INTENTS = 200
MAX_FINES = 1_000
#: Partitions whose calibration is shown.
MAX_PARTITIONS = 64
#: Merges that are followed from an intent to its successor's successor.
MAX_MERGES = 20
#: Answers to commands that are shown.
MAX_ANSWERS = 12
#: What an intent is shown as after a change.
_STATES = {
    "pinned": "pinned",
    "retired": "retired",
    "dismissed": "dismissed",
    "revived": "",
    "unpinned": "",
    "undismissed": "",
}
#: Where the counts of fine intents beyond the bound go.
REST = "other"


@dataclass
class Facts:
    """What is known of an intent besides its counts."""

    name: str = ""
    terms: tuple[str, ...] = ()
    example: str = ""
    state: str = ""
    successor: str = ""


@dataclass(frozen=True)
class Shape:
    """How an intent lies among the others, as of the last full refit."""

    mixed: bool
    place: tuple[float, float]


@dataclass
class AgentBoard:
    """The fold of one agent's minutes and intent events."""

    tenant: str
    agent: str
    clock: Clock = field(default_factory=Clock)
    fines: dict[str, Fine] = field(default_factory=lambda: defaultdict(Fine))
    groups: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=lambda: defaultdict(Facts))
    shapes: dict[str, Shape] = field(default_factory=dict)
    answers: list[AnswerRow] = field(default_factory=list)
    calibration: list[CalibrationRow] = field(default_factory=list)
    _seen: tuple[str, int, int, int] = ("", -1, -1, -1)

    def take_minute(self, value: Mapping[str, Any]) -> None:
        """Add a closed minute; one that was added before changes nothing."""
        if self._repeated(value):
            return
        self._move(strings(value.get("moved")))
        self.groups.update(strings(value.get("groups")))
        for intent, name in strings(value.get("names")).items():
            self.facts[intent].name = name[:NAME]
        if shapes := mapping(value.get("shapes")):
            known = list(shapes.items())[:MAX_FINES]
            self.shapes = {text(intent): _shape(mapping(shape)) for intent, shape in known}
        states = [mapping(state) for state in items(value.get("calibration"))[:MAX_PARTITIONS]]
        self.calibration = [calibration_row(state) for state in states]
        minute = whole(value.get("minute"))
        self._advance(minute)
        bucket = minute // self.clock.width
        for fine, count in mapping(value.get("counts")).items():
            self.fines[text(fine)].take(tally_of(mapping(count)), bucket)
        self._shrink()

    def take_event(self, value: Mapping[str, Any]) -> None:
        """Learn from an intent event: a name, a merge, a retirement, a split that undoes a merge."""
        if text(value.get("type")).startswith("intent.command."):
            self._answer(value)
        intent = text(value.get("intent_id"))
        if not intent:
            return
        facts = self.facts[intent]
        change = text(value.get("change"))
        facts.name = text(value.get("name"), NAME) or facts.name
        facts.terms = texts(value.get("terms"), 8) or facts.terms
        told = text(value.get("example"), 400)
        # An intent whose example was erased is told anew; other events without one know of none.
        facts.example = told if change in ("updated", "renamed") else told or facts.example
        lineage = texts(value.get("lineage"))
        if change in _STATES:
            facts.state = _STATES[change]
        if change == "merged" and lineage:
            facts.successor = lineage[0]
        elif change in ("split", "created", "revived"):
            facts.successor = ""

    def _answer(self, value: Mapping[str, Any]) -> None:
        """Keep the answer to a person's command, once. What a model suggests would push those out."""
        if value.get("command") == "suggest-name":
            return
        row = answer_row(value)
        if all(row.command_id != known.command_id for known in self.answers):
            self.answers = [row, *self.answers[: MAX_ANSWERS - 1]]

    def view(self, spiking: frozenset[str], proposals: Mapping[str, int]) -> AgentView:
        """Return what is shown: intents by impact, those beyond the bound added up.

        A beginning that was not announced and has no conversation of its own is no row.
        """
        totals = self._sum(self.fines)
        values = totals.conversations.values(self.clock)
        members = self._members()
        rows = [self._row(intent, fines, totals, values) for intent, fines in members.items()]
        rows.sort(key=lambda row: (-row.tally.failures, -row.conversations, -row.turns, row.id))
        listed = [row for row in rows if row.conversations or self._is_announced(row.id)]
        shown = listed[:MAX_INTENTS]
        for row in shown:
            row.spiking, row.proposals = row.id in spiking, proposals.get(row.id, 0)
        ids, rest = {row.id for row in shown}, Tally()
        for row in rows:
            if row.id not in ids:
                rest.add(row.tally)
        return AgentView(
            self.tenant,
            self.agent,
            totals.tally,
            self.clock.first if self.clock.first is not None else self.clock.last,
            self.clock.last,
            self.clock.width,
            shown,
            rest if len(shown) < len(rows) else None,
            len(listed) - len(shown),
            self.calibration,
            tuple(self.answers),
        )

    def _is_announced(self, intent: str) -> bool:
        """Tell whether an event spoke of an intent; a minute gives beginnings names, too."""
        facts = self.facts.get(intent, Facts())
        return bool(facts.terms or facts.example or facts.state)

    def intent_of(self, fine: str) -> str:
        """Return the intent to which a fine intent belongs today; merged ones lead to their successor."""
        intent = self.groups.get(fine, fine)
        for _ in range(MAX_MERGES):
            successor = self.facts[intent].successor if intent in self.facts else ""
            if not successor or successor == intent:
                break
            intent = successor
        return intent

    def _repeated(self, value: Mapping[str, Any]) -> bool:
        """Minutes come in order; what is not after the last one of the same log came before."""
        source = mapping(value.get("source"))
        log = f"{text(source.get('log'))}/{whole(source.get('partition'))}"
        rank = whole(source.get("offset")), whole(source.get("index")), whole(value.get("minute"))
        if source and log == self._seen[0] and rank <= self._seen[1:]:
            return True
        self._seen = (log, *rank)
        return False

    def _move(self, moved: Mapping[str, str]) -> None:
        for gone, successor in moved.items():
            self.groups.pop(gone, None)
            if gone in self.fines and gone != successor:
                self.fines[successor].merge(self.fines.pop(gone))

    def _advance(self, minute: int) -> None:
        before = self.clock.start
        factor = self.clock.reach(minute)
        if factor > 1 or self.clock.start != before:
            for fine in self.fines.values():
                fine.rebin(factor, self.clock.start)

    def _shrink(self) -> None:
        """Fold the smallest fine intents together; forget facts of intents that are no more."""
        if len(self.fines) > MAX_FINES:
            by_size = sorted(self.fines, key=lambda fine: (self.fines[fine].tally.turns, fine))
            smallest = [fine for fine in by_size if fine != REST][: len(self.fines) - MAX_FINES // 2]
            self._move(dict.fromkeys(smallest, REST))
        if len(self.facts) > 2 * MAX_FINES or len(self.groups) > 2 * MAX_FINES:
            self.groups = {fine: intent for fine, intent in self.groups.items() if fine in self.fines}
            known = {self.intent_of(fine) for fine in self.fines}
            self.facts = defaultdict(Facts, {i: facts for i, facts in self.facts.items() if i in known})

    def _members(self) -> dict[str, list[str]]:
        members: dict[str, list[str]] = defaultdict(list)
        for fine in sorted(self.fines):
            members[self.intent_of(fine)].append(fine)
        return members

    def _sum(self, fines: Iterable[str]) -> Fine:
        total = Fine()
        for fine in fines:
            total.merge(self.fines[fine])
        return total

    def _row(self, intent: str, fines: list[str], totals: Fine, values: tuple[int, ...]) -> IntentRow:
        own = self._sum(fines)
        facts, shape = self.facts.get(intent, Facts()), self.shapes.get(intent)
        counts = own.conversations.values(self.clock)
        everything = totals.tally.conversations
        return IntentRow(
            id=intent,
            name=facts.name or (REST if intent == REST else f"unnamed {intent[-6:]}"),
            tally=own.tally,
            share=own.tally.conversations / everything if everything > 0 else 0.0,
            trend=trend(counts, values),
            sparkline=counts,
            failing=own.failures.values(self.clock),
            terms=facts.terms,
            example=facts.example,
            state=facts.state,
            mixed=shape.mixed if shape else False,
            place=shape.place if shape else None,
        )


def _shape(shape: Mapping[str, Any]) -> Shape:
    x, y = (max(-1.0, min(1.0, number(shape.get(axis)) or 0.0)) for axis in "xy")
    return Shape(shape.get("mixed") is True, (x, y))
