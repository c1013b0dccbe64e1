"""Capture: what instrumented applications send (OTLP), as conversation events.

The way of a payload: `otlp_proto` or `otlp_json` reads its bytes into plain `records`;
`dialects` finds the messages of a span by the attribute `names` of its instrumentation and
`messages` gives them one shape; `news` keeps what this span adds to the conversation, under ids
that do not depend on who saw it first; `identity` says whose conversation it is; `mapping`
puts it together, `tools`, `older_events` and `feedback` are what their names say.
"""
