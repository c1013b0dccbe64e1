"""Why a command cannot be applied."""

from groundswell.models.intent_command import RefusalReason


class Refused(ValueError):
    """The command is valid in form and changes nothing. `detail` says what is in the way and what to do."""

    def __init__(self, reason: RefusalReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: RefusalReason = reason
        self.detail = detail


def unheld(problem: ValueError) -> Refused:
    """Return the refusal of a command whose intent cannot be held."""
    return Refused("empty" if "no events" in str(problem) else "limit", str(problem))
