"""Reading a conversation without an LLM: gate, segments, friction signals, outcome."""
