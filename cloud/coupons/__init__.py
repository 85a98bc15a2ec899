"""优惠券: issued, held for a station, used, and judged again over the whole book.

``issuing`` makes campaigns and coupons, ``keys`` and ``sealing`` guard what signs them, ``picture`` draws their codes,
``book`` is what a station is sent, ``leases`` and ``claims`` hold a coupon for one station, ``judging`` (pure) and
``redeeming`` judge what stations have done with the same :func:`shared.coupon.judge`. It may know ``shared`` and
``cloud.store``; the line and the pages call it. A benefit that was given stays given: what head office judges otherwise
becomes a case, which :mod:`cloud.cases` shows to a person.
"""
