"""The nouns: frozen values without I/O, YAML, JSON or HTTP.

Parsing is the constructor's job; once built, a value is valid, normalised and comparable for good.
"""
