"""Arrays as text inside a JSON document, bit for bit."""

import base64

import numpy as np
from numpy.typing import NDArray


def pack(array: NDArray[np.float32] | NDArray[np.float64]) -> str:
    """Return base64 of the little-endian bytes in row order."""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return base64.b64encode(little.tobytes()).decode("ascii")


def unpack32(text: str, *shape: int) -> NDArray[np.float32]:
    """Return a writable float32 array of `shape`; raises ValueError where the length does not fit."""
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32).reshape(shape)


def unpack64(text: str, *shape: int) -> NDArray[np.float64]:
    """Return a writable float64 array of `shape`; raises ValueError where the length does not fit."""
    return np.frombuffer(base64.b64decode(text), "<f8").astype(np.float64).reshape(shape)
