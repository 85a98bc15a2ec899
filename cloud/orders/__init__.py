"""What goes down to the stations is signed here: the command keys, and the pen that holds the one in use.

It may know ``shared``, ``cloud.store`` and the seal of ``cloud.coupons``. The line signs with it whatever it sends, the
enrolment door hands its public keys to new stations, and the command line rotates them.
"""
