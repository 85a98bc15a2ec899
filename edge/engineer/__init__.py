"""The engineer on site: what the lines say, and the tools to find out why a dispenser does not answer.

It may know the settings, the store's paths and everything with a cable; it never changes a pump. ``edge.app`` takes its
wiring from here and lets the running lines be seen through a door of its own, a socket in the store's folder;
``edge.__main__`` has its commands (probe, monitor, record, replay, doctor), and the touchscreen its page.
"""
