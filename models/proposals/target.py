"""The agent's files, the trigger and the settings: what the search for a change is given besides threads."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from groundswell.models.change_edit import Links, Privacy, Provenance
from groundswell.models.change_envelope import digest_of
from groundswell.models.change_parts import IntentRef, TriggerFacts
from groundswell.models.record import Vector

#: Texts in, one unit float32 vector each out; a text's vector must not depend on its neighbours.
Embed = Callable[[Sequence[str]], Sequence[Vector]]

_UNSAFE_PATH = re.compile(r"[\x00-\x1f\x7f\"\\]")


@dataclass(frozen=True, slots=True)
class TargetFile:
    """A file that a change may edit: its path in the repository and its text, line endings untouched.

    Read the file as bytes and decode them: universal newlines would change the digest and the diff.

    Raises:
        ValueError: the path is empty, absolute, leaves the repository or has control characters.

    """

    path: str
    text: str

    def __post_init__(self) -> None:
        parts = self.path.split("/")
        if not self.path or self.path.startswith("/") or ".." in parts or _UNSAFE_PATH.search(self.path):
            raise ValueError(
                f"target path {self.path!r} must be relative, inside the repository and printable"
            )

    @property
    def digest(self) -> str:
        """SHA-256 of the file, 64 hex digits."""
        return digest_of(self.text)


@dataclass(frozen=True, slots=True)
class AgentFiles:
    """Which files belong to an agent, in which repository at which ref, and who owns them."""

    prompt: TargetFile | None = None
    harness: TargetFile | None = None
    repository: str | None = None
    base_ref: str = "main"
    owners: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trigger:
    """What asked for a change: its id and event time, the intent it fired for, and the routing.

    `id` must be the same when the same trigger is read again; every id of the answer derives from
    it. `intents` names the other intents that the threads may belong to. `conversation_url` is a
    template with `{conversation_id}`.
    """

    id: str
    time: datetime
    tenant: str
    agent: str
    intent: IntentRef
    facts: TriggerFacts
    links: Links
    privacy: Privacy
    provenance: Provenance
    environment: str = "production"
    intents: Mapping[str, IntentRef] = field(default_factory=dict)
    conversation_url: str = ""
    traceparent: str | None = None

    def intent_named(self, intent_id: str) -> IntentRef:
        """Return what is known of an intent: its name, or at least its id."""
        if intent_id == self.intent.id:
            return self.intent
        return self.intents.get(intent_id) or IntentRef(id=intent_id, name=intent_id)

    def url_of(self, conversation_id: str) -> str:
        """Return the link to a conversation, or the empty string where no template is set."""
        quoted = quote(conversation_id.encode("utf-8", "replace"), safe="")
        return self.conversation_url.replace("{conversation_id}", quoted)
