"""OpenAI-compatible endpoints: chat with a structured answer; and the client that embeddings go through.

The only importer of openai. Nothing here repeats a chat request: whoever asks knows how long to wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import openai
import orjson
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion
from openai.types.shared_params.response_format_json_schema import JSONSchema

#: Answers to one request that no repetition mends: it is too long, filtered, or of a form not supported.
_HOPELESS = (400, 413, 422)
#: Tokens of an answer: room for a model that thinks before it writes two short texts.
MAX_ANSWER_TOKENS = 2_000
#: Characters of a token, where the endpoint does not say how many there were.
_TOKEN_CHARACTERS = 4

Status = Literal["answered", "refused", "invalid", "failed"]


class ChatUnavailable(RuntimeError):
    """The endpoint is away, overloaded, or refuses the key: the same request may succeed later."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What came of a request: the JSON object, if it was answered; tokens sent and received; else why not.

    `refused`: by the model or a filter; `invalid`: no JSON object, or cut off; `failed`: by the endpoint.
    """

    status: Status
    value: Mapping[str, Any] = field(default_factory=dict)
    sent: int = 0
    received: int = 0
    detail: str = ""


class ChatModel:
    """A model behind an OpenAI-compatible chat endpoint."""

    def __init__(self, base_url: str, model: str, api_key: str = "none", timeout_s: float = 30.0) -> None:
        """Prepare requests to `base_url` (nothing is sent yet); `timeout_s` is of one request."""
        self.name = model
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key, timeout=timeout_s, max_retries=0)

    async def complete(self, system: str, user: str, schema: Mapping[str, Any], called: str) -> Completion:
        """Ask for a JSON object of a schema that is *called* so. Raises ChatUnavailable.

        No temperature is sent, since some models take none: an answer is what it is, and is to be kept.
        """
        form: JSONSchema = {"name": called, "strict": True, "schema": dict(schema)}
        try:
            answer: object = await self._client.chat.completions.create(
                model=self.name,
                messages=[{"role": "system", "content": system}, {"role": "user", "content": user}],
                response_format={"type": "json_schema", "json_schema": form},
                max_completion_tokens=MAX_ANSWER_TOKENS,
            )
        except openai.APIStatusError as error:
            if error.status_code in _HOPELESS:
                return Completion("failed", detail=f"the endpoint answered {error.status_code}")
            raise ChatUnavailable(f"{self.name}: the endpoint answered {error.status_code}") from error
        except openai.APIConnectionError as error:  # a timeout is one
            raise ChatUnavailable(f"{self.name}: {type(error).__name__}") from error
        except (openai.APIError, ValueError) as error:
            return Completion("invalid", detail=f"no chat completion: {type(error).__name__}")
        return _read(answer, len(system) + len(user))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def embeddings_client(base_url: str, api_key: str, timeout: float) -> OpenAI:
    """Return a client that repeats a request twice on 408, 409, 429 and 5xx."""
    return OpenAI(base_url=base_url, api_key=api_key, timeout=timeout)


def _read(answer: object, asked: int) -> Completion:
    """Return what an answer holds; *asked* is the length of the question, characters.

    The client does not check what came: every part may be missing or of another type.
    """
    choices = answer.choices if isinstance(answer, ChatCompletion) else None
    message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
    if message is None or not isinstance(answer, ChatCompletion) or not isinstance(choices, list):
        return Completion("invalid", detail="no chat completion")
    text = message.content if isinstance(message.content, str) else ""
    sent = _number(getattr(answer.usage, "prompt_tokens", None), asked)
    received = _number(getattr(answer.usage, "completion_tokens", None), len(text))
    finish = choices[0].finish_reason
    if getattr(message, "refusal", None) or finish == "content_filter":
        return Completion("refused", sent=sent, received=received, detail="the model refused")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if finish == "length" or not isinstance(value, dict):
        why = "it was cut off" if finish == "length" else "it is no JSON object"
        return Completion("invalid", sent=sent, received=received, detail=why)
    return Completion("answered", value, sent, received)


def _number(told: object, characters: int) -> int:
    """Return the tokens that the endpoint counted; where it did not, what so many characters are about."""
    if isinstance(told, int) and not isinstance(told, bool) and told >= 0:
        return told
    return -(-characters // _TOKEN_CHARACTERS)
