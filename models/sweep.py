"""When to look through everything that is in memory for what can go."""

from dataclasses import dataclass

#: Things in memory for each one written since the last look, up to which it is worth another.
_LOOK = 8


@dataclass(slots=True)
class Sweep:
    """A look is due once an eighth of what is held was written since: most may have to stay for long."""

    written: int = 0

    def due(self, held: int) -> bool:
        """Return whether to look through what is *held* now; if so, the count begins anew."""
        if _LOOK * self.written < held:
            return False
        self.written = 0
        return True
