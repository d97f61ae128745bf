"""What models, versions, SKUs, regions and sizes exist, as far as dated sources say.

The room advises and never decides: what it does not know is None, which is neither yes nor no. Every
answer carries the source it was taken from, so that a message can name table and date.
"""
