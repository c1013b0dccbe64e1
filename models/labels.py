"""Metric labels: who is counted under an own name, and who under ``other``.

Two levels of slots bound the number of series: agents, and intents within an agent.
"""

import re
from dataclasses import dataclass, field

from groundswell.models.slots import OTHER, Slots

MAX_AGENTS = 20
MAX_INTENTS = 50
#: Distinct reasons, kinds and statuses; later ones are ``other``.
MAX_REASONS = 60
#: Characters of a name that is written by people.
NAME_LIMIT = 120

Owner = tuple[str, str]
IntentLabels = tuple[str, str, str]

_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:-]{0,63}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


def word(value: str) -> str:
    """Return *value* if it is fit for a label (one short ASCII word), else ``invalid``.

    >>> word("01J9ZK"), word('x"} evil 1')
    ('01J9ZK', 'invalid')
    """
    return value if _WORD.fullmatch(value) else "invalid"


def display_name(value: str) -> str:
    """Return *value* on one line, without control, direction or surrogate characters, cut to size."""
    return _UNPRINTABLE.sub(" ", value)[:NAME_LIMIT]


@dataclass
class LabelBook:
    """Gives labels to tenants, agents, intents and reasons; says which series end for it."""

    agents: Slots = field(default_factory=lambda: Slots(MAX_AGENTS))
    _intents: dict[Owner, Slots] = field(default_factory=dict)
    _reasons: set[str] = field(default_factory=set)

    def owner(self, tenant: str, agent: str) -> Owner:
        """Return the labels of a tenant's agent, without counting an observation."""
        return (
            (word(tenant), word(agent)) if f"{word(tenant)}/{word(agent)}" in self.agents else (OTHER, OTHER)
        )

    def intent(self, tenant: str, agent: str, intent: str) -> IntentLabels:
        """Return the labels of an intent, without counting an observation."""
        owner = self.owner(tenant, agent)
        slots = self._intents.get(owner)
        return (*owner, slots.label(word(intent)) if slots else OTHER)

    def admit_owner(self, tenant: str, agent: str) -> tuple[Owner, Owner | None]:
        """Count an observation of an agent; return its labels, and the agent whose series end."""
        name, loser = self.agents.touch(f"{word(tenant)}/{word(agent)}")
        gone = _split(loser) if loser is not None else None
        if gone is not None:
            self._intents.pop(gone, None)
        return (_split(name) if name != OTHER else (OTHER, OTHER)), gone

    def admit_intent(self, owner: Owner, intent: str) -> tuple[IntentLabels, IntentLabels | None]:
        """Count an observation of an intent; return its labels, and the intent whose series end."""
        if owner == (OTHER, OTHER):
            return (*owner, OTHER), None
        slots = self._intents.setdefault(owner, Slots(MAX_INTENTS))
        label, loser = slots.touch(word(intent))
        return (*owner, label), (*owner, loser) if loser is not None else None

    def release(self, tenant: str, agent: str, intent: str) -> IntentLabels | None:
        """Give up an intent's slot; return the labels whose series end."""
        owner = word(tenant), word(agent)
        slots = self._intents.get(owner)
        return (*owner, word(intent)) if slots and slots.release(word(intent)) else None

    def reason(self, value: str) -> str:
        """Return the label of a reason or status: one of the first `MAX_REASONS` words, or ``other``."""
        label = word(value)
        if label not in self._reasons and len(self._reasons) >= MAX_REASONS:
            return OTHER
        self._reasons.add(label)
        return label


def _split(owner: str) -> Owner:
    tenant, agent = owner.split("/")
    return tenant, agent
