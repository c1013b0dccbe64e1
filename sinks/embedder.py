"""Text to unit vectors: the bundled MiniLM, any fastembed model, or an OpenAI-compatible endpoint.

The only importer of fastembed. The bundled model needs no network and no key.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from fastembed import TextEmbedding
from fastembed.common.model_description import ModelSource, PoolingType
from numpy.typing import NDArray

from groundswell.models.record import Vector
from groundswell.sinks.openai_endpoint import embeddings_client

BUNDLED = "all-MiniLM-L6-v2-int8"
TEXT_LIMIT = 16_384
"""Characters of a text that are looked at: more than any supported model's window of ordinary prose."""

_MODEL_FILES = (
    "model.onnx",
    "tokenizer.json",
    "tokenizer_config.json",
    "config.json",
    "special_tokens_map.json",
)
_CPU = ["CPUExecutionProvider"]
_registration = threading.Lock()


class EmbeddingError(RuntimeError):
    """An embedder gave something that is not one finite vector per text."""


class TextEmbedder(Protocol):
    """Turns texts into unit vectors of one dimension."""

    @property
    def name(self) -> str:
        """The model's name, as it is recorded with what was computed from it."""
        ...

    @property
    def dim(self) -> int:
        """Length of every vector."""
        ...

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Give one unit float32 vector of shape (dim,) per text, in order."""
        ...


class Embedder:
    """A fastembed model on the CPU."""

    def __init__(self, model: TextEmbedding, name: str) -> None:
        self._model = model
        self.name = name
        self.dim = model.embedding_size

    @classmethod
    def default(cls, threads: int = 1) -> "Embedder":
        """Load the bundled all-MiniLM-L6-v2 (int8, 384 dimensions, 256 word pieces), offline."""
        return cls._from_folder(Path(str(files("groundswell.sinks"))) / "weights" / BUNDLED, BUNDLED, threads)

    @classmethod
    def load(cls, model: str, threads: int = 1, cache_dir: str | None = None) -> "Embedder":
        """Load the bundled model by its name, a folder with `model.onnx`, or any fastembed model.

        A folder must also hold the tokenizer and configuration files (`tokenizer.json`,
        `tokenizer_config.json`, `special_tokens_map.json`, `config.json`); its token vectors are
        mean-pooled. A fastembed model that is not in `cache_dir` is downloaded.

        Raises ValueError if the name is unknown or the folder is not complete.
        """
        if model == BUNDLED:
            return cls.default(threads)
        folder = Path(model).expanduser()
        if folder.is_dir():
            return cls._from_folder(folder.resolve(), str(folder.resolve()), threads)
        known = {str(row["model"]).lower() for row in TextEmbedding.list_supported_models()}
        if model.lower() not in known:
            raise ValueError(
                f"embedding model {model!r} is neither a folder nor a fastembed model; "
                f"name one of TextEmbedding.list_supported_models(), or {BUNDLED!r}"
            )
        return cls(TextEmbedding(model, threads=threads, cache_dir=cache_dir, providers=_CPU), model)

    @classmethod
    def _from_folder(cls, folder: Path, name: str, threads: int) -> "Embedder":
        _register(folder, name)
        model = TextEmbedding(name, threads=threads, specific_model_path=str(folder), providers=_CPU)
        return cls(model, name)

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Give one unit float32 vector of shape (dim,) per text, in order; the empty text has one too.

        Always at batch size 1. An int8 model quantises its activations over the whole batch, so its
        output would depend on which other texts happened to arrive together (cosine .992 between batch
        1 and batch 64), and a replay would differ from the first run. On a CPU it costs nothing.
        Texts beyond the model's window are cut by its tokenizer.
        """
        clean = [sendable(text) for text in texts]
        return [unit(vector, self.name) for vector in self._model.embed(clean, batch_size=1)]


class OpenAIEmbedder:
    """A model behind an OpenAI-compatible embeddings endpoint.

    Whether equal texts get bit-equal vectors is up to the endpoint; many do not promise it.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str = "none",
        timeout: float = 30.0,
        batch_size: int = 64,
        dim: int | None = None,
    ) -> None:
        """Connect to `base_url`; `dim` is asked of the model (one request) unless it is given.

        The client repeats a request twice on 408, 409, 429 and 5xx, waiting as the server asks;
        `timeout` is in seconds per attempt.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        self._client = embeddings_client(base_url, api_key, timeout)
        self._batch_size = batch_size
        self._endpoint = f"{model} at {base_url}"
        self.name = model
        self.dim = dim if dim is not None else len(self._request(["dimension"])[0])

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Give one unit float32 vector of shape (dim,) per text, in order.

        Raises openai.APIError (or a subclass) if the endpoint fails, and EmbeddingError if it answers
        with the wrong number of vectors, another dimension, or numbers that are not finite.
        """
        vectors = [vector for batch in self._batches(texts) for vector in self._request(batch)]
        for vector in vectors:
            if len(vector) != self.dim:
                raise EmbeddingError(f"{self._endpoint} gave {len(vector)} dimensions, not {self.dim}")
        return vectors

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        for start in range(0, len(texts), self._batch_size):
            # The protocol refuses the empty string.
            yield [sendable(text) or " " for text in texts[start : start + self._batch_size]]

    def _request(self, texts: list[str]) -> list[Vector]:
        answer = self._client.embeddings.create(input=texts, model=self.name)
        rows = sorted(answer.data, key=lambda row: row.index)
        if len(rows) != len(texts):
            raise EmbeddingError(f"{self._endpoint} gave {len(rows)} vectors for {len(texts)} texts")
        return [unit(np.asarray(row.embedding), self._endpoint) for row in rows]


def sendable(text: str) -> str:
    """Cut a text to what is embedded of it, with lone surrogates (no UTF-8 has them) replaced by '?'."""
    return text[:TEXT_LIMIT].encode("utf-8", "replace").decode("utf-8")


def unit(vector: NDArray[Any], model: str) -> Vector:
    """Scale to length 1 in float64, as float32.

    A zero vector (a static model gives it for a text without a known word) becomes the first axis.
    Raises EmbeddingError if a number is not finite.
    """
    wide = vector.astype(np.float64)
    length = float(np.sqrt(wide @ wide))
    if not np.isfinite(length):
        raise EmbeddingError(f"{model} gave a vector with numbers that are not finite")
    if length == 0.0:
        wide[0] = length = 1.0
    scaled: Vector = (wide / length).astype(np.float32)
    return scaled


def _register(folder: Path, name: str) -> None:
    """Make a folder's model known to fastembed, once a process."""
    missing = [part for part in _MODEL_FILES if not (folder / part).is_file()]
    if missing:
        raise ValueError(f"the embedding model in {folder} lacks {', '.join(missing)}")
    with _registration:
        if any(row["model"].lower() == name.lower() for row in TextEmbedding.list_supported_models()):
            return
        TextEmbedding.add_custom_model(
            model=name,
            pooling=PoolingType.MEAN,
            normalization=True,
            sources=ModelSource(hf="sentence-transformers/all-MiniLM-L6-v2"),  # required, never asked
            dim=int(json.loads((folder / "config.json").read_text())["hidden_size"]),
            model_file="model.onnx",
        )
