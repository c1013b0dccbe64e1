"""Spikes: an intent seen, or failing, more often than its own past explains."""
