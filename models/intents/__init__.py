"""Intents that emerge online: two levels, stable ids, names.

vector -> engine (event by event: emission, micros, provisionals)
       -> light (births) and refit (space, diffusion, ward, cuts, grouping)
       -> lineage and moves of ids; records and restore
text   -> names (terms, wording)
"""
