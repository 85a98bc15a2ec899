"""Head office: the pages on which the company watches its stations and decides.

It may know ``shared`` (with the face kit) and the trades; it never speaks to a station by itself. ``cloud.app`` builds
it with :func:`build`; people use it in a browser. A file for each group of pages, the pure parts apart: ``forms`` (what
a person typed), ``moments`` (local time), ``chart`` (the sales by hour), ``attention`` (what is wrong where),
``pricing`` (what a tariff would change), ``words`` (how deeds and figures read).
"""

from cloud.office.house import build

__all__ = ["build"]
