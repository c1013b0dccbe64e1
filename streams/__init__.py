"""How it moves: one Faust agent per file, from conversation events to change proposals."""
