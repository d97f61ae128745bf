"""What can be typed: each command with its options, its help and the function that does it.

Rule of this room: nothing here runs a command or imports what only running needs, so that help stays fast.
"""
