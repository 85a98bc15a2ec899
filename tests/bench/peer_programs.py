"""What people would write themselves, as processes: ``python -m tests.bench.peer_programs consume|send …``.

``consume ADDRESS PORT``: a row a message into PostgreSQL, acknowledged to the broker when it is committed; its session
stays, as the manuals advise. ``send PATH PORT``: from a persist-queue to the broker, out of the queue when the broker
has it. Both connect again by themselves, say ``ready`` first and work until they are ended.
"""

import sys
import time
from typing import Any

import psycopg
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from persistqueue import SQLiteAckQueue

TOPIC = "sales"
TABLE = "CREATE TABLE peer (id BIGSERIAL PRIMARY KEY, sale TEXT NOT NULL)"
ROW = "INSERT INTO peer (sale) VALUES (%s)"


def consume(address: str, port: int) -> None:
    """Writes each message as it comes."""
    books = psycopg.connect(address, autocommit=True)

    def keep(_client: Client, _data: Any, message: MQTTMessage) -> None:
        books.execute(ROW, (message.payload.decode(),))

    client = _client("books", port)
    client.on_message = keep
    client.on_connect = _subscribe
    client.on_subscribe = _ready
    client.loop_forever()


def _subscribe(client: Client, *_: Any) -> None:
    client.subscribe(TOPIC, 1)


def _ready(*_: Any) -> None:
    print("ready", flush=True)


def send(path: str, port: int) -> None:
    """One after the other, each until the broker has acknowledged it."""
    queue = SQLiteAckQueue(path)
    client = _client("station", port)
    client.loop_start()
    print("ready", flush=True)
    while True:
        sale = queue.get()
        try:
            client.publish(TOPIC, sale, 1).wait_for_publish()
        except RuntimeError:  # not connected just now: again in a moment, although paho keeps it as well
            queue.nack(sale)
            time.sleep(0.2)
        else:
            queue.ack(sale)


def _client(name: str, port: int) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, name, clean_session=False)
    client.reconnect_delay_set(1, 1)
    client.connect("127.0.0.1", port)
    return client


if __name__ == "__main__":
    {"consume": consume, "send": send}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
