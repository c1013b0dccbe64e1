"""A process that owns an embedded store and lends it to other processes over a loopback socket.

Workers share one Qdrant server; where there is none, they share the same engine in this way.
Frames are a length (4 bytes, big endian) and a pickle, so both ends must be ours.
"""

import asyncio
import pickle
import signal
import struct
import sys
from pathlib import Path
from typing import Any

from groundswell.sinks.store import Store, open_store

LENGTH = struct.Struct(">I")


async def read_frame(reader: asyncio.StreamReader) -> Any:
    (size,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    return pickle.loads(await reader.readexactly(size))


async def write_frame(writer: asyncio.StreamWriter, value: Any) -> None:
    body = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    writer.write(LENGTH.pack(len(body)) + body)
    await writer.drain()


async def serve(folder: Path) -> None:
    """Serve the store in *folder* until SIGTERM; the port is printed once it is open."""
    store = open_store(f"edge:{folder}")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_server(lambda r, w: _converse(store, r, w), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    server.close()
    await store.close()


async def _converse(store: Store, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one client's calls in their order until it goes away, which a killed worker does anywhere."""
    try:
        while True:
            method, args, kwargs = await read_frame(reader)
            await write_frame(writer, await _answer(store, method, args, kwargs))
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _answer(store: Store, method: str, args: Any, kwargs: Any) -> tuple[bool, Any]:
    """Return whether the call succeeded, and its result or error."""
    try:
        return True, await getattr(store, method)(*args, **kwargs)
    except Exception as error:  # noqa: BLE001  the caller raises it again
        return False, error


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
