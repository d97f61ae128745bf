"""Where a plan meets the world: observing, applying, following writes to their end.

The engine speaks to ARM through `ports` alone; it knows no HTTP.
"""
