"""ARM over HTTP: the only room that knows requests, answers, tokens and signed addresses.

Rule of this room: nothing of a library's and nothing secret leaves it. What other rooms see are domain
values and the exceptions of `reconciler.errors`. httpx is slow to import, so this room is imported by those
who talk to ARM and by nobody else.
"""
