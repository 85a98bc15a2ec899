"""The company: members of the chain, prices, coupons, sales and their books.

It may know ``shared``, never ``hardware`` or ``edge``: station and company write letters to each other.
"""
