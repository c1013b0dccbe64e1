"""How it moves: one Faust agent per file, from conversation events to change proposals."""

import groundswell.streams.one_thread  # noqa: F401  (before anything here imports numpy)
