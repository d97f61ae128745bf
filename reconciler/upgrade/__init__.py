"""Edits of manifests that replace models which retire: what to move to, and the text that says so.

`target` chooses, `propose` decides how, `rewrite` changes the text and proves by reading it again that it
says exactly what was wanted. Nothing here talks to ARM.
"""
