"""The command line of head office: what can be done without a browser, for set-up, scripts and checks.

``parser`` knows the words, ``acts`` does them, ``printed`` shows what came of it, to people or with ``--json`` to
programs. It may know everything of the company; ``cloud.__main__`` calls it. What is changed here has a name in the
audit, too: ``--by``, or the machine's own user.
"""
