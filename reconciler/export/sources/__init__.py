"""Readers of what other tools wrote; each returns an `Estate` and loses nothing without a sentence."""
