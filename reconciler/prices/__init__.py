"""What deployments cost: published prices, where each is from, and the arithmetic over them.

Rule of this room: money is decimal, a price that no list states is unknown with its reason, and every price
that is used carries its source and the day of it.
"""
