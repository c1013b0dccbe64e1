"""Reading a conversation without an LLM: gate, segments, friction signals, outcome.

A turn's way: `redaction` -> `wording` -> `gate` (does it say what the user wants? by `surface` and
`expectation`) -> `reader`, which keeps the conversation's `segment`s, compares new `needs` with earlier
ones around the tenant's `running_mean`, collects `signals`, `repetition` and `tools`' results, and infers an
`outcome`. Words and phrases of each `language` are data files in `languages/`.
"""
