"""The logs as the broker has them: their name, how many partitions, where each ends."""

from typing import Protocol


class Logs(Protocol):
    """What a stage needs to know of the broker besides the records."""

    async def name(self) -> str:
        """Return the name of the cluster: positions of another cluster are no positions here."""
        ...

    async def partitions(self, topic: str) -> int:
        """Return how many partitions *topic* has."""
        ...

    async def end_offset(self, topic: str, partition: int) -> int:
        """Return the offset that the next record of the partition will get."""
        ...
