"""Reports as one HTML file each: readable on a phone, in print and without a script.

Nothing is loaded from anywhere, and every string passes through `markup.tag`, which escapes it.
"""
