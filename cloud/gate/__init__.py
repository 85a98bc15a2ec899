"""The gate: whoever wants on the line is asked about here, and whoever may no longer be on it is cut off.

nats-server asks for each connection (its *auth callout*). ``permits`` (pure) reads the question and writes the answer;
``admitting`` looks a handful of them up in the books at once; ``patrol`` finds and cuts those whose right has ended;
``gate`` joins them with the broker, ``keys`` are what it is known by there. Any number of the company's workers may
stand at the gate; while none does, nobody new comes in, and who is on the line stays. A Mosquitto in nats-server's
place can't ask: ``mosquitto`` writes what it must know.

It may know ``shared``, ``cloud.store``, ``cloud.broker`` and the trades; ``cloud.founding`` and ``cloud.app`` call it.
"""
