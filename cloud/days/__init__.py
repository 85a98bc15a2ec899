"""营业日: what each station sold on each day of its clock, and whether that is the last word.

``judging`` (pure) says whether everything of a day is here, ``keeping`` adds days up again when facts have come and
writes down what that changed, ``listing`` shows them, ``proving`` holds them against the sales. Whatever posts or
moves a sale marks its day (``cloud.store.days.mark``); the rest happens by itself. It may know ``shared``,
``cloud.store`` and how a sale gets its day (``cloud.sales.day``); the program, the pages and the command line call it.
"""
