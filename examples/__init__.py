"""Real conversations, in excerpts, with the prompts of their agents. See README.md and LICENSES.md."""
