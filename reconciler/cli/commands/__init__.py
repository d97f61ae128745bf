"""What the commands do: options in, one call into the pipeline, text out. No rule lives here.

A module is imported when one of its commands is run (see `cli.parser`), so it imports at its head what it
needs; what only some runs need, and takes long, where they do.
"""
