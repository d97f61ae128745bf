"""The plan as a document: what is written of a plan, how it is read back, and what of it counts then.

Deciding is in `plan`; nothing here opens a file, asks a clock or reaches a socket.
"""
