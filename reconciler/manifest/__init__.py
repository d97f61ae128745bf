"""YAML text becomes a desired state, or diagnostics that point at the character.

Scalars are text until the schema types them by field, and every value knows where it stands, also after
templates were merged. Nothing in this room executes, expands or follows what it reads.
"""
