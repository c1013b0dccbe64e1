"""Intents that emerge online: micro-clusters, two levels of intents, stable ids."""
