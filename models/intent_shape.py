"""How one intent lies among the others: what is shown, exported and told when it turns to mush."""

from pydantic import Field

from groundswell.models.contract import Message


class IntentShape(Message):
    """Measured at a full refit over all that the intent holds by then."""

    cohesion: float = Field(description="mean cosine of its members to its centre")
    separation: float = Field(description="1 less the cosine to the nearest other centre")
    ambiguity: float = Field(description="share of its members that another intent is about as near to")
    mixed: bool = Field(default=False, description="it is probably several things, or none: mush")
    x: float = Field(default=0.0, description="place on the map of intents, -1..1")
    y: float = 0.0
