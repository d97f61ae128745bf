"""One file per command: options in, one call into the pipeline, text out. No rule lives here."""
