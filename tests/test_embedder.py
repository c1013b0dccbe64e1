"""The embedder: offline, the same for the same text, and one protocol over two back ends."""

import base64
import hashlib
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import openai
import orjson
import pytest

from groundswell.sinks import embedder as module
from groundswell.sinks.embedder import BUNDLED, Embedder, EmbeddingError, OpenAIEmbedder, TextEmbedder

WEIGHTS = Path(module.__file__).parent / "weights" / BUNDLED


@pytest.fixture(scope="module")
def bundled() -> Embedder:
    return Embedder.default()


def test_vectors_are_unit_float32_of_384_dimensions_in_order(bundled):
    card, flight, again = bundled.embed(["my card is lost", "book a flight", "my card is lost"])
    assert card.dtype == np.float32
    assert card.shape == (384,) == (bundled.dim,)
    assert abs(float(card @ card) - 1) < 1e-6
    assert (card == again).all()
    assert float(card @ flight) < 0.5


def test_a_vector_does_not_depend_on_the_texts_beside_it(bundled):
    texts = ["where is my order", "ok", "I would like to change my flight to Boston next Tuesday, please"]
    together = bundled.embed(texts)
    alone = [bundled.embed([text])[0] for text in texts]
    assert all((one == other).all() for one, other in zip(together, alone, strict=True))


def test_a_vector_does_not_depend_on_the_number_of_threads(bundled):
    text = "can I get a refund for the blue jacket that I ordered last week"
    assert (Embedder.default(threads=2).embed([text])[0] == bundled.embed([text])[0]).all()


def test_paraphrases_are_nearer_than_other_topics(bundled):
    lost, stolen, pasta = bundled.embed(["I lost my credit card", "my card was stolen", "how to cook pasta"])
    assert float(lost @ stolen) > 0.5 > float(lost @ pasta) + 0.2


@pytest.mark.parametrize("text", ["", " ", "\ud800", "x" * 200_000, "取消我的订单", "\x00\x01", "🙂" * 500])
def test_any_text_has_a_unit_vector(bundled, text):
    (vector,) = bundled.embed([text])
    assert abs(float(vector @ vector) - 1) < 1e-5


def test_no_texts_give_no_vectors(bundled):
    assert bundled.embed([]) == []


def test_a_folder_loads_as_a_model_more_than_once(bundled, tmp_path):
    folder = shutil.copytree(WEIGHTS, tmp_path / "mine")
    first, second = Embedder.load(str(folder)), Embedder.load(str(folder))
    assert first.name == second.name == str(folder)
    assert (first.embed(["hello"])[0] == bundled.embed(["hello"])[0]).all()


def test_the_bundled_model_loads_by_its_name():
    assert Embedder.load(BUNDLED).name == BUNDLED


def test_an_incomplete_folder_is_refused_by_the_file_it_lacks(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(ValueError, match=r"tokenizer\.json"):
        Embedder.load(str(tmp_path))


def test_an_unknown_model_is_refused_by_name():
    with pytest.raises(ValueError, match="no/such-model"):
        Embedder.load("no/such-model")


def test_the_bundled_weights_are_the_ones_the_readme_names():
    digest = hashlib.sha256((WEIGHTS / "model.onnx").read_bytes()).hexdigest()
    assert digest in (WEIGHTS / "README.md").read_text()


def hashed_vector(text: str, dim: int) -> list[float]:
    seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")
    return [float(x) for x in np.random.default_rng(seed).normal(size=dim)]


class EmbeddingsEndpoint(BaseHTTPRequestHandler):
    """The embeddings protocol over HTTP, with faults that a test switches on."""

    requests: ClassVar[list[dict[str, Any]]]
    failures: ClassVar[list[int]]
    dim: ClassVar[int]
    drop_last: ClassVar[bool]

    def do_POST(self):
        body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append({"path": self.path, "key": self.headers["Authorization"], **body})
        if self.failures:
            return self.answer(self.failures.pop(), {"error": {"message": "no"}})
        rows = [self.row(i, text, body) for i, text in enumerate(body["input"])]
        rows = rows[:-1] if self.drop_last else rows[::-1]  # the protocol orders rows by `index` only
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return self.answer(200, {"object": "list", "data": rows, "model": body["model"], "usage": usage})

    def row(self, index, text, body):
        vector = hashed_vector(text, self.dim)
        if body.get("encoding_format") == "base64":
            vector = base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode()
        return {"object": "embedding", "index": index, "embedding": vector}

    def answer(self, status, document):
        payload = orjson.dumps(document)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("Retry-After-Ms", "1")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        """Keep the test output clean."""


@pytest.fixture
def endpoint() -> Iterator[type[EmbeddingsEndpoint]]:
    EmbeddingsEndpoint.requests, EmbeddingsEndpoint.failures = [], []
    EmbeddingsEndpoint.dim, EmbeddingsEndpoint.drop_last = 8, False
    server = ThreadingHTTPServer(("127.0.0.1", 0), EmbeddingsEndpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    EmbeddingsEndpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield EmbeddingsEndpoint
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def remote(endpoint) -> Iterator[OpenAIEmbedder]:
    client = OpenAIEmbedder(endpoint.url, "tiny", api_key="k1", batch_size=2)
    yield client
    client.close()


def test_the_endpoint_gives_unit_vectors_in_the_order_of_the_texts(remote):
    texts = ["a", "b", "c", "d", "e"]
    for text, vector in zip(texts, remote.embed(texts), strict=True):
        expected = np.asarray(hashed_vector(text, 8))
        assert vector.dtype == np.float32
        assert np.allclose(vector, expected / np.linalg.norm(expected), atol=1e-6)


def test_the_endpoint_is_asked_in_batches_with_model_and_key(remote, endpoint):
    endpoint.requests.clear()
    remote.embed(["a", "b", "c"])
    assert [request["input"] for request in endpoint.requests] == [["a", "b"], ["c"]]
    assert {(r["path"], r["model"], r["key"]) for r in endpoint.requests} == {
        ("/v1/embeddings", "tiny", "Bearer k1")
    }


def test_the_dimension_is_asked_of_the_model(remote):
    assert (remote.dim, remote.name) == (8, "tiny")


def test_empty_texts_and_lone_surrogates_are_sent_in_a_form_the_protocol_takes(remote, endpoint):
    endpoint.requests.clear()
    assert len(remote.embed(["", "\ud800"])) == 2
    assert endpoint.requests[0]["input"] == [" ", "?"]


def test_a_busy_endpoint_is_asked_again(remote, endpoint):
    endpoint.failures.append(429)
    assert len(remote.embed(["a"])) == 1


def test_a_refusal_is_an_error_of_the_client(remote, endpoint):
    endpoint.failures.append(400)
    with pytest.raises(openai.BadRequestError):
        remote.embed(["a"])


def test_a_changed_dimension_is_refused(remote, endpoint):
    endpoint.dim = 9
    with pytest.raises(EmbeddingError, match="9 dimensions, not 8"):
        remote.embed(["a"])


def test_a_missing_vector_is_refused(remote, endpoint):
    endpoint.drop_last = True
    with pytest.raises(EmbeddingError, match="1 vectors for 2 texts"):
        remote.embed(["a", "b"])


def test_numbers_that_are_not_finite_are_refused(remote, endpoint, monkeypatch):
    monkeypatch.setattr(
        EmbeddingsEndpoint,
        "row",
        lambda self, i, text, body: {
            "object": "embedding",
            "index": i,
            "embedding": base64.b64encode(np.full(8, np.nan, "<f4").tobytes()).decode(),
        },
    )
    with pytest.raises(EmbeddingError, match="not finite"):
        remote.embed(["a"])


def test_both_back_ends_are_text_embedders(bundled, remote):
    back_ends: list[TextEmbedder] = [bundled, remote]
    assert [len(back_end.embed(["a"])[0]) for back_end in back_ends] == [384, 8]
