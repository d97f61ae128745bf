"""The step of the GitHub Action: run the command line here, then tell GitHub what came of it.

It is started as `python -I -m reconciler.cli.github` (see action.yml): in that mode the interpreter looks for
modules nowhere in the checked-out tree. Nothing else of the program knows that it exists.
"""
