"""The platform team's rules: what they are, what they are about, and what breaks them.

A rule names deployments (`match`) and says what must hold of them (`require`, or an expression). It is judged
over values: of what is declared, of what a plan would leave, or of what is there. Nothing here reads a file.
"""
