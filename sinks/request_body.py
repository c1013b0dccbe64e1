"""Reading the body of a request from a stranger: bounded in size, in time, and in what all of them hold."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from http import HTTPStatus

from aiohttp import web

#: Seconds in which a body has to come.
PATIENCE_S = 30.0
_CHUNK = 64 * 1024


class NotTaken(Exception):
    """The request is answered with a failure: *status*, *message*, and when to come again (seconds)."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after


class Budget:
    """Bytes that requests may hold together, from their first byte until the broker has all of them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0

    def take(self, size: int) -> None:
        """Reserve *size* bytes, or raise: the sender has to come again."""
        if self.held + size > self.limit:
            raise NotTaken(
                HTTPStatus.TOO_MANY_REQUESTS, "too many bytes wait for the broker; send again later", 1
            )
        self.held += size

    def give_back(self, size: int) -> None:
        """Release *size* bytes."""
        self.held -= size


class Body:
    """The body of one request, read and decompressed piece by piece under a limit and a budget."""

    def __init__(self, request: web.Request, limit: int, budget: Budget) -> None:
        self._request = request
        self._limit = limit
        self._budget = budget
        self._held = 0
        self._read = bytearray()

    async def read(self) -> bytes:
        """Return the body. Raises NotTaken: too large, too slow, damaged, or no room for it now."""
        if (self._request.content_length or 0) > self._limit:
            raise self._too_large()
        try:
            async with asyncio.timeout(PATIENCE_S):
                async for piece in self._pieces():
                    self._hold(len(piece))
                    self._read += piece
        except TimeoutError:
            raise NotTaken(
                HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {PATIENCE_S:g} s"
            ) from None
        return bytes(self._read)

    def release(self) -> None:
        """Give back what the body holds of the budget."""
        self._budget.give_back(self._held)
        self._held = 0

    def _hold(self, size: int) -> None:
        if self._held + size > self._limit:
            raise self._too_large()
        self._budget.take(size)
        self._held += size

    def _too_large(self) -> NotTaken:
        return NotTaken(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"more than {self._limit} bytes after decompression; send smaller batches",
        )

    def _pieces(self) -> AsyncIterator[bytes]:
        chunks = self._request.content.iter_chunked(_CHUNK)
        match self._request.headers.get("Content-Encoding", "identity").strip().lower():
            case "identity" | "":
                return chunks
            case "gzip":
                return _inflated(chunks)
        raise NotTaken(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding: wanted gzip or identity")


async def _inflated(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give what gzip's *chunks* hold, never more than a piece at a time, whatever their ratio."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        async for chunk in chunks:
            rest = chunk
            while rest and not inflater.eof:
                yield inflater.decompress(rest, _CHUNK)
                rest = inflater.unconsumed_tail
            if rest or inflater.unused_data:
                raise NotTaken(HTTPStatus.BAD_REQUEST, "there is more after the end of the gzip data")
    except zlib.error as error:
        raise NotTaken(HTTPStatus.BAD_REQUEST, f"the body is no gzip data: {error}") from error
    if not inflater.eof:
        raise NotTaken(HTTPStatus.BAD_REQUEST, "the gzip data ends before its end")
