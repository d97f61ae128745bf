"""Pure planning: two states in, a plan out.

Nothing here reads a file, a clock or a socket; the same inputs give the same bytes.
"""
