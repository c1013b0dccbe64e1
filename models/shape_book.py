"""The shapes of an agent's intents as of its last full refit, and which of them turned to mush since."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from groundswell.models.intent_shape import IntentShape
from groundswell.models.intents.layout import lay_out
from groundswell.models.intents.quality import Measured
from groundswell.models.record import StateRecord

_RECORD = "shapes"


@dataclass(slots=True)
class ShapeBook:
    """Shapes by intent. `measured` is the number of the event of the refit that they are of."""

    shapes: dict[str, IntentShape] = field(default_factory=dict)
    measured: int = 0
    _changed: bool = False

    @staticmethod
    def record_names() -> list[str]:
        """Return the name of every record that a book can write."""
        return [_RECORD]

    def update(self, found: Measured, measured: int) -> list[str]:
        """Take in the shapes of a refit; return the intents that turned to mush, or ceased to be, by id."""
        before = self.shapes
        places = {intent: (shape.x, shape.y) for intent, shape in before.items()}
        places = lay_out(found.intents, found.centres, places)
        self.shapes, self.measured, self._changed = {}, measured, True
        for intent, quality in zip(found.intents, found.qualities, strict=True):
            x, y = places[intent]
            self.shapes[intent] = IntentShape(
                cohesion=quality.cohesion,
                separation=quality.separation,
                ambiguity=quality.ambiguity,
                mixed=quality.mixed(intent in before and before[intent].mixed),
                x=x,
                y=y,
            )
        return [
            intent
            for intent, shape in self.shapes.items()
            if shape.mixed != (intent in before and before[intent].mixed)
        ]

    def changes(self) -> dict[str, StateRecord]:
        """Return the record if it changed since the last call."""
        if not self._changed:
            return {}
        self._changed = False
        shapes = {intent: shape.model_dump() for intent, shape in self.shapes.items()}
        return {_RECORD: StateRecord(orjson.dumps({"measured": self.measured, "shapes": shapes}))}

    @classmethod
    def restore(cls, records: Mapping[str, StateRecord]) -> "ShapeBook":
        """Return the book that the records hold."""
        if _RECORD not in records:
            return cls()
        value = orjson.loads(records[_RECORD].payload)
        shapes = {intent: IntentShape.model_validate(shape) for intent, shape in value["shapes"].items()}
        return cls(shapes, value["measured"])
