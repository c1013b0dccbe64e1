"""The mapping table: which attributes mean what, in each dialect, the first that is there wins.

Precedence among dialects, wherever several name one thing: our own names (`groundswell.*`), then
Langfuse, OpenTelemetry GenAI, OpenInference, Traceloop (OpenLLMetry), Vercel AI SDK, and last the
general conventions. Sources: OpenTelemetry semantic conventions 1.41 and semantic-conventions-genai,
OpenInference semantic conventions 0.1.42, Langfuse SDK 5, OpenLLMetry 0.62, AI SDK 4 to 6.
"""

from typing import NamedTuple

_TRACELOOP = "traceloop.association.properties."
_VERCEL = "ai.telemetry.metadata."
_LANGFUSE = "langfuse.trace.metadata."
_LANGSMITH = "langsmith.metadata."

#: Which conversation it is; without any of these, the trace id.
CONVERSATION = (
    "groundswell.conversation.id",
    "langfuse.session.id",
    "gen_ai.conversation.id",
    "session.id",  # OpenInference, Langfuse, OpenTelemetry's own
    *(_TRACELOOP + name for name in ("conversation_id", "session_id", "thread_id", "chat_id")),
    *(_VERCEL + name for name in ("conversationId", "sessionId", "threadId", "chatId")),
    *(_LANGSMITH + name for name in ("thread_id", "session_id", "conversation_id")),
    "langsmith.trace.session_id",
    "gen_ai.thread.id",
    "conversation.id",
)
#: Members of OpenInference's `metadata` object that name the conversation.
CONVERSATION_METADATA = ("conversation_id", "session_id", "thread_id")
TENANT = ("groundswell.tenant", "tenant.id", "tenant", "service.namespace")
AGENT = ("groundswell.agent", "service.name", "gen_ai.agent.name", "agent.name")
USER = (
    "groundswell.user.id",
    "langfuse.user.id",
    "user.id",
    "enduser.id",
    *(_TRACELOOP + name for name in ("user_id", "userId")),
    *(_VERCEL + name for name in ("userId", "user_id")),
)
MODEL = (
    "gen_ai.response.model",
    "langfuse.observation.model.name",
    "gen_ai.request.model",
    "llm.model_name",
    "ai.response.model",
    "ai.model.id",
)
#: Name and version of a managed prompt. Without a version, the digest of the system prompt counts.
PROMPT = (
    ("groundswell.prompt.name", "groundswell.prompt.version"),
    ("langfuse.observation.prompt.name", "langfuse.observation.prompt.version"),
    ("gen_ai.prompt.name", "gen_ai.prompt.version"),
    ("llm.prompt_template.name", "llm.prompt_template.version"),
    ("prompt.id", "llm.prompt_template.version"),
    ("traceloop.prompt.key", "traceloop.prompt.version"),
)
RELEASE = ("groundswell.release", "langfuse.release", "service.version")
CONFIG_VERSION = ("groundswell.config_version", "langfuse.version")
VARIANT = ("groundswell.variant",)
#: Properties under a prefix become slices if their name is allowed (`OTLP_SLICES`); ours always.
SLICE_PREFIXES = ("groundswell.slice.", _LANGFUSE, _TRACELOOP, _VERCEL, _LANGSMITH)
ENVIRONMENT = ("langfuse.environment", "deployment.environment.name", "deployment.environment")
#: A span or record with this attribute set to true is left out: a title, a guardrail, a rewritten query.
IGNORE = "groundswell.ignore"
#: Attributes that a span without them takes from the nearest span above it, where that is at hand.
INHERITED = (*CONVERSATION, *TENANT[:3], AGENT[0], *USER, *(name for name, _ in PROMPT[:1]), PROMPT[0][1])


class ToolNames(NamedTuple):
    """Where a dialect keeps a tool call."""

    name: tuple[str, ...]
    call_id: tuple[str, ...]
    arguments: tuple[str, ...]
    result: tuple[str, ...]


#: A tool span, in the order of precedence of the dialects. Its own name is the last resort.
TOOL = ToolNames(
    name=(
        "gen_ai.tool.name",
        "tool.name",
        "tool_call.function.name",
        "traceloop.entity.name",
        "ai.toolCall.name",
    ),
    call_id=("gen_ai.tool.call.id", "tool_call.id", "tool.id", "ai.toolCall.id"),
    arguments=(
        "langfuse.observation.input",
        "gen_ai.tool.call.arguments",
        "tool_call.function.arguments",
        "input.value",
        "tool.parameters",
        "traceloop.entity.input",
        "ai.toolCall.args",
        "ai.toolCall.input",
    ),
    result=(
        "langfuse.observation.output",
        "gen_ai.tool.call.result",
        "output.value",
        "traceloop.entity.output",
        "ai.toolCall.result",
        "ai.toolCall.output",
    ),
)
