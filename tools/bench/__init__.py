"""How fast the program is, beside how fast anything could be: `make bench`, results in docs/performance.md.

Rule of this package: a figure never stands alone. Each has its floor, or what people use today, measured in
the same run and in turn with it, so that a busy machine slows both.
"""
