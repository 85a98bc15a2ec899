"""The whole company on one computer: broker, cloud, a station with simulated pumps and a virtual printer.

The demo, the smoke run and the flow tests start the same programs in the same way, each as a process of its own, as
they would run for real. This room knows the command lines and the pages, and nothing behind them.
"""
