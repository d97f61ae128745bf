"""ARM's expression language over partial values: what is known stays known, and nothing is guessed."""
