"""One agent's intents as the product keeps them, fed with utterances and with people's commands.

What the topic `turns` would carry is made here: each utterance is what the user of a conversation wants.
"""

from collections.abc import Mapping
from typing import Any

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.contract import rfc3339
from groundswell.models.intent_command import IntentCommandAnswer
from groundswell.models.intent_event import IntentEvent
from groundswell.models.intents.params import EngineParams
from groundswell.models.position import Source
from groundswell.models.record import Vector
from groundswell.models.turn import SegmentOutcome, TurnRead, encode_vector

START_MS = 1_700_000_000_000


class Desk:
    """An agent's intents with a person at them.

    fines, intents: of each utterance, the sub-intent and the intent that it was given on arrival.
    events: what became of intents, each with the number of utterances that had come.
    """

    def __init__(
        self,
        params: EngineParams | None = None,
        tenant: str = "benchmark",
        state: AgentIntents | None = None,
        begin: int = 0,
    ) -> None:
        """Begin anew, or at a *state* that has seen *begin* utterances."""
        self._about = {"tenant": tenant, "agent": "agent"}
        self.state = state or AgentIntents(**self._about, lateness_ms=0, params=params)
        self.fines: list[str] = []
        self.intents: list[str] = []
        self.events: list[tuple[int, IntentEvent]] = []
        self._begin, self._given, self._place, self._time = begin, 0, 2 * begin, START_MS

    @property
    def number(self) -> int:
        """How many utterances have come, those before *begin* included."""
        return self._begin + len(self.fines)

    def say(self, number: int, text: str, vector: Vector, after_ms: int = 0) -> None:
        """Let the next utterance come, *after_ms* after the first could; *number* makes its ids."""
        self._time = START_MS + after_ms
        turn = turn_id(number)
        source = Source(log="events", partition=0, offset=self.number)
        taken = self.state.take(
            TurnRead(
                **self._about,
                time=self._time,
                source=source,
                turn=turn,
                conversation=turn,
                conversation_id=str(number),
                user=turn,
                role="user",
                text=text,
                passes=True,
                vector=encode_vector(vector),
            ),
            self._at(),
        )
        if taken is None:
            raise ValueError(f"utterance {number} was said twice")
        self.fines.append(self.state.ledger.assigned[turn].segments[0].fine)
        self.intents.append(taken.counted[0].intent)
        self.events += [(len(self.fines), event) for event in taken.events]

    def settle(self, number: int) -> None:
        """Let the conversation of the utterance that came last, *number*, end well."""
        self.state.take(
            TurnRead(
                **self._about,
                type="outcome",
                time=self._time,
                source=Source(log="events", partition=0, offset=self.number - 1, index=1),
                conversation=turn_id(number),
                final=True,
                explicit=True,
                outcomes=(SegmentOutcome(segment=0, status="completed", probability=1.0, turns=2),),
            ),
            self._at(),
        )

    def give(self, kind: str, named: Mapping[int, Vector], **fields: Any) -> IntentCommandAnswer:
        """Give a command, which travels among the turns; *named* are the utterances that it speaks of."""
        self._given += 1
        given = {
            **self._about,
            "id": f"command-{self._given}",
            "time": rfc3339(self._time),
            "actor": "person",
            "command": kind,
            **fields,
        }
        vectors = {turn_id(number): encode_vector(vector) for number, vector in named.items()}
        message = TurnRead.model_validate(
            {
                **self._about,
                "type": "command",
                "time": self._time,
                "source": Source(log="commands", partition=0, offset=self._given),
                "command": {"given": given, "vectors": vectors},
            }
        )
        taken = self.state.take(message, self._at())
        if taken is None:
            raise ValueError(f"command {self._given} came twice")
        self.events += [(len(self.fines), event) for event in taken.events]
        return taken.answers[0]

    def intent(self, vector: Vector) -> str:
        """Return the intent of an utterance by today's model."""
        return self.state.engine.label(vector)[1]

    def counted(self) -> list[str]:
        """Return the intent that each utterance counts for today: its sub-intent's, merges applied."""
        return [self.state.engine.resolve(fine) for fine in self.fines]

    def _at(self) -> Source:
        self._place += 1
        return Source(log="turns", partition=0, offset=self._place)


def turn_id(number: int) -> str:
    """Return the uuid of an utterance's turn."""
    return f"00000000-0000-4000-8000-{number:012d}"
