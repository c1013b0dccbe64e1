"""Who else hears of it: one file per outside system, the only importer of its client."""
