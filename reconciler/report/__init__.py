"""Values become text, JSON and Markdown; strings are returned, never printed.

Every string that came from a manifest or from ARM is made inert before it is shown.
"""
