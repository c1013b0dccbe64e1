"""Teaching: what people say about an agent's intents, which no refit overrules."""
