"""Other people's exports as conversation events: one file a format, and what the formats share."""
