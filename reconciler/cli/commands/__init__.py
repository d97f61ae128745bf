"""One file per command: options in, one call into the pipeline, text out. No rule lives here.

At the head of a module of `reconciler.cli` is imported what the options need; what only running needs is
imported where it runs, so that every `--help` is as fast as the first one.
"""
