"""Change proposals: contrast, gate, diagnosis, draft; or the reason why there is none."""
