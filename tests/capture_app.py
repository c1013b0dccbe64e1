"""An application as its authors instrument it: `capture_app.py INSTRUMENTATION CHAT_URL`.

It plays the conversation of `chat_api`, under the name of the instrumentation.
Where it exports to stands in OTEL_EXPORTER_OTLP_ENDPOINT, as with any application.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import chat_api
import orjson
from openai import OpenAI
from opentelemetry import trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

INSTRUMENTATIONS = ("otel", "otel_events", "openinference", "traceloop", "langfuse")
RESOURCE = Resource.create({"service.name": "Shop Bot", "service.version": "7.1"})
Around = Callable[[], AbstractContextManager[object]]


class OnEverySpan(SpanProcessor):
    """Puts attributes on every span, as a baggage processor does."""

    def __init__(self, **attributes: str) -> None:
        self._attributes = {name.replace("__", "."): value for name, value in attributes.items()}

    def on_start(self, span: Span, parent_context: object = None) -> None:
        span.set_attributes(self._attributes)

    def on_end(self, span: ReadableSpan) -> None:
        """Nothing to do."""


def providers(**attributes: str) -> tuple[TracerProvider, LoggerProvider]:
    """Set up tracing and logging with exporters that read their endpoint from the environment."""
    tracing, logging = TracerProvider(resource=RESOURCE), LoggerProvider(resource=RESOURCE)
    tracing.add_span_processor(OnEverySpan(**attributes))
    tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    logging.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    trace.set_tracer_provider(tracing)
    set_logger_provider(logging)
    return tracing, logging


def converse(url: str, around: Around = nullcontext, run_tool: Callable[[], str] | None = None) -> None:
    """Play the conversation of `chat_api`: each user turn a request of its own."""
    client = OpenAI(base_url=url, api_key="none")
    messages: list[dict[str, object]] = [{"role": "system", "content": chat_api.SYSTEM}]
    for said in chat_api.USER:
        messages.append({"role": "user", "content": said})
        with around():
            while True:
                done = client.chat.completions.create(
                    model="small-1", messages=messages, tools=[chat_api.TOOL]
                )
                message = done.choices[0].message
                messages.append(message.model_dump(exclude_none=True))
                if not message.tool_calls:
                    break
                result = run_tool() if run_tool else chat_api.RESULT
                messages.append({"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": result})


def otel(url: str) -> None:
    """OpenTelemetry's own instrumentation, current conventions: messages on spans, tools in spans."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    tracing, logging = providers(gen_ai__conversation__id=sys.argv[1])
    OpenAIInstrumentor().instrument(tracer_provider=tracing, logger_provider=logging)
    tracer = tracing.get_tracer("app")

    def run_tool() -> str:
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "find_order",
            "gen_ai.tool.call.id": "call_1",
            "gen_ai.tool.call.arguments": orjson.dumps(chat_api.ARGUMENTS).decode(),
            "gen_ai.tool.call.result": chat_api.RESULT,
        }
        with tracer.start_as_current_span("execute_tool find_order", attributes=attributes):
            return chat_api.RESULT

    converse(url, lambda: tracer.start_as_current_span("POST /chat"), run_tool)
    end(tracing, logging)


def otel_events(url: str) -> None:
    """OpenTelemetry's instrumentation with the older conventions: a log record per message."""
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true"
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

    tracing, logging = providers(gen_ai__conversation__id=sys.argv[1])
    OpenAIInstrumentor().instrument(tracer_provider=tracing, logger_provider=logging)
    tracer = tracing.get_tracer("app")

    @contextmanager
    def all_in_one() -> Iterator[None]:
        yield

    with tracer.start_as_current_span("session"):  # log records name no conversation: the trace does
        converse(url, all_in_one)
    end(tracing, logging)


def openinference(url: str) -> None:
    """OpenInference's instrumentation (Phoenix)."""
    from openinference.instrumentation import using_session
    from openinference.instrumentation.openai import OpenAIInstrumentor

    tracing, logging = providers()
    OpenAIInstrumentor().instrument(tracer_provider=tracing)
    with using_session(sys.argv[1]):
        converse(url, lambda: tracing.get_tracer("app").start_as_current_span("POST /chat"))
    end(tracing, logging)


def traceloop(url: str) -> None:
    """Traceloop's instrumentation (OpenLLMetry)."""
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    tracing, logging = providers(traceloop__association__properties__session_id=sys.argv[1])
    OpenAIInstrumentor().instrument(tracer_provider=tracing)
    converse(url, lambda: tracing.get_tracer("app").start_as_current_span("POST /chat"))
    end(tracing, logging)


def langfuse(url: str) -> None:
    """Langfuse's SDK: observations of the application's own making."""
    from langfuse import Langfuse, propagate_attributes

    client = Langfuse(
        public_key="pk", secret_key="sk", base_url="http://127.0.0.1:9", span_exporter=OTLPSpanExporter()
    )
    api = OpenAI(base_url=url, api_key="none")
    messages: list[dict[str, object]] = [{"role": "system", "content": chat_api.SYSTEM}]
    for said in chat_api.USER:
        messages.append({"role": "user", "content": said})
        with (
            client.start_as_current_observation(name="chat", input=said) as root,
            propagate_attributes(session_id=sys.argv[1]),
        ):
            text = None
            while text is None:
                with client.start_as_current_observation(
                    as_type="generation", name="answer", model="small-1", input=messages
                ) as generation:
                    done = api.chat.completions.create(model="small-1", messages=messages)
                    message = done.choices[0].message.model_dump(exclude_none=True)
                    generation.update(output=message)
                messages = [*messages, message]
                text = message.get("content")
                if text is None:
                    with client.start_as_current_observation(
                        as_type="tool", name="find_order", input=chat_api.ARGUMENTS
                    ) as tool:
                        tool.update(output=chat_api.RESULT)
                    messages.append({"role": "tool", "tool_call_id": "call_1", "content": chat_api.RESULT})
            root.update(output=text)
    client.flush()
    client.shutdown()


def end(tracing: TracerProvider, logging: LoggerProvider) -> None:
    """Export what is left."""
    tracing.shutdown()
    logging.shutdown()


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2])
