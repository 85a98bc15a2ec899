"""Head office: the pages on which the company watches its stations and decides.

It may know ``shared`` (with the face kit) and the trades; it never speaks to a station by itself. ``cloud.app`` builds
it and gives it the trades' doors; people use it in a browser. A file for each group of pages, the pure parts apart:
``forms`` (what a person typed), ``moments`` (local time), ``chart`` (the sales by hour).
"""
