"""争议 Cases: what a person at head office must decide, from the day it is opened to the day it is closed again.

The trades open cases in the transaction that brings the facts (``cloud.store.cases``); ``desk`` is where people take
them over, note what they hear, decide and reopen, each with a name and a reason. Facts stay as they are; the decision
stands beside them. It may know ``shared`` and ``cloud.store``; the pages call it.
"""
