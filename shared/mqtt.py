"""The pipe: MQTT 3.1.1 on the event loop. The only place that knows paho.

It carries bytes while it is connected, keeps nothing while it is not, and comes back by itself. Sessions are clean,
everything is QoS 0 and the client id is random in each connection: what matters is remembered and acknowledged above
the pipe, by letters, and rights hang on the user alone.

A message that was taken may still be lost, a publish without the right to it looks like success: the sender learns of
arrival only from an answer.
"""

import asyncio
import itertools
import random
import socket
import ssl
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import structlog
from msgspec import Struct, structs
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

_log = structlog.get_logger(__name__)

_SHORTEST_WAIT = 0.2
_HANDSHAKE_SECONDS = 10.0
_NEVER_SENT_SECONDS = 30
_RIGHTS = {"Bad user name or password", "Not authorized", "Banned", "Client identifier not valid"}


class Broker(Struct, frozen=True):
    """Where the broker is, and who we are to it."""

    host: str
    port: int = 1883
    user: str = ""
    password: str = ""
    tls: bool = False
    ca: str = ""
    """PEM file of the authority to trust; empty for those of the machine."""
    certificate: str = ""
    """PEM file to show to the broker, with ``key``; empty for none."""
    key: str = ""
    hosts: tuple[str, ...] = ()
    """``host`` or ``host:port`` of each node of a cluster, in the place of ``host``."""

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each node. :exc:`ValueError` for a port that is no number."""
        return tuple(_place(host, self.port) for host in self.hosts) or ((self.host, self.port),)


def _place(text: str, port: int) -> tuple[str, int]:
    host, colon, digits = text.rpartition(":")
    if not colon or text.endswith("]") or (":" in host and not host.startswith("[")):
        return text.strip("[]"), port
    return host.strip("[]"), int(digits)


class PipeTrouble(StrEnum):
    """Why there is no connection: a stable word that pages translate."""

    NONE = ""
    UNREACHABLE = "unreachable"  # nobody answers at that address
    REFUSED = "refused"  # user, password or rights are wrong, or the station was revoked
    UNSAFE = "unsafe"  # the TLS handshake failed: a wrong certificate on one of the two sides
    LOST = "lost"  # it was there and is gone
    STOPPED = "stopped"  # we hung up ourselves


OnMessage = Callable[[str, bytes], None]
OnChange = Callable[[bool, str], None]


class Pipe:
    """A connection that comes back, to the next node when one is gone.

    All calls and callbacks belong to the event loop in which it was started.

    ``on_message(topic, data)`` gets each message; ``on_change(connected, word)`` gets each change, the word being a
    :class:`PipeTrouble`; it is called with ``True`` once the subscriptions stand, so that no answer can be missed.
    ``keepalive`` in seconds: a dead connection is noticed after at most twice that. ``patience``: the longest wait in
    seconds between two attempts. ``buffer``: bytes that may wait for the network before :meth:`publish` says no.
    """

    def __init__(
        self,
        broker: Broker,
        subscriptions: Sequence[str],
        on_message: OnMessage,
        on_change: OnChange,
        keepalive: int = 15,
        *,
        patience: float = 15.0,
        buffer: int = 4 * 1024 * 1024,
    ) -> None:
        self._broker = broker
        self._subscriptions = tuple(subscriptions)
        self._on_message = on_message
        self._on_change = on_change
        self._keepalive = keepalive
        self._patience = patience
        self._buffer = buffer
        self._places = random.sample(broker.places, len(broker.places))  # a dead node's stations go to all the others
        self._name = broker.user or "jiayou"
        self._connection: _Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._told: tuple[bool, str] = (False, PipeTrouble.NONE)
        self.detail = ""
        """The last trouble in the network's own words, for the log and the curious."""

    @property
    def connected(self) -> bool:
        """Whether messages go through now, as far as anybody can know."""
        return self._connection is not None and self._connection.ready

    @property
    def place(self) -> tuple[str, int] | None:
        """Host and port of the node it is connected to."""
        return self._connection.place if self._connection is not None and self._connection.ready else None

    def start(self) -> None:
        """Begins to connect, now and for ever."""
        self._task = asyncio.create_task(self._keep_connected(), name="pipe")

    async def stop(self) -> None:
        """Says goodbye and stays away."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def publish(self, topic: str, data: bytes) -> bool:
        """Hands a message to the network. False, and nothing kept, when there is none or it is full."""
        return self._connection is not None and self._connection.publish(topic, data, self._buffer)

    def listen(self, topics: Sequence[str]) -> None:
        """These topics from now on and no others, on the connection that stands and on those to come."""
        self._subscriptions = tuple(topics)
        if self._connection is not None and self._connection.ready:
            self._connection.listen(self._subscriptions)

    def drop(self, why: str) -> None:
        """Gives the connection up, because nobody answers on it, and makes a new one."""
        if self._connection is not None:
            self._connection.lose(PipeTrouble.LOST, why)

    async def _keep_connected(self) -> None:
        failures = 0
        for attempt in itertools.count():
            host, port = self._places[attempt % len(self._places)]
            here = structs.replace(self._broker, host=host, port=port)
            self._connection = connection = _Connection(here, self._new_id(), self._keepalive, self._received)
            try:
                if await connection.open(self._subscriptions):
                    failures = 0
                    connection.listen(self._subscriptions)  # they may have changed meanwhile
                    self._tell(True, PipeTrouble.NONE)
                await connection.over()
            finally:
                connection.close()
                self._connection = None
                self.detail = connection.detail
                self._tell(False, connection.trouble)
            failures += 1
            rounds = -(-failures // len(self._places))  # one that is gone costs no patience with the next
            await asyncio.sleep(wait_before(rounds, self._patience))

    def _new_id(self) -> str:
        """For one connection: whoever learned it and took its place has lost it again with the next."""
        return f"{self._name}-{token_hex(12)}"

    def _received(self, topic: str, data: bytes) -> None:
        try:
            self._on_message(topic, data)
        except Exception:  # a message may never end the pipe that carries all others
            _log.exception("message_not_handled", topic=topic)

    def _tell(self, connected: bool, trouble: PipeTrouble) -> None:
        if self._told != (connected, trouble):
            self._told = (connected, trouble)
            self._on_change(connected, trouble)


def wait_before(attempt: int, patience: float) -> float:
    """Seconds until the next attempt: spread at random, so that a thousand stations don't come back in one instant."""
    longest = min(patience, 0.5 * 2.0 ** min(attempt, 10))
    return random.uniform(min(_SHORTEST_WAIT, longest), longest)


class _Connection:
    """One connection, from the first packet to the last. Never used twice."""

    def __init__(self, broker: Broker, client_id: str, keepalive: int, received: OnMessage) -> None:
        self._loop = asyncio.get_running_loop()
        self._broker = broker
        self._keepalive = keepalive
        self._received = received
        self.place = broker.host, broker.port
        self._client = self._make_client(client_id)
        self._welcomed: asyncio.Future[None] = self._loop.create_future()
        self._over = asyncio.Event()
        self._socket: SocketLike | None = None
        self._waiting: dict[int, int] = {}
        self._waiting_bytes = 0
        self._subscriptions: set[str] = set()
        self._ticker: asyncio.TimerHandle | None = None
        self.ready = False
        self.trouble = PipeTrouble.NONE
        self.detail = ""

    # ── what the pipe calls ──

    async def open(self, subscriptions: Sequence[str]) -> bool:
        """Connects and subscribes; False when that failed, for the reason in ``trouble``."""
        self._subscriptions = set(subscriptions)
        try:
            # paho resolves names and shakes hands blockingly, so this one call lives in a thread
            await self._loop.run_in_executor(None, self._connect)
            self._attach()
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                await self._welcomed
        except ssl.SSLError as why:
            self.lose(PipeTrouble.UNSAFE, str(why))
        except (OSError, ValueError) as why:  # TimeoutError is an OSError too
            self.lose(PipeTrouble.UNREACHABLE, str(why) or "no answer")
        return self.ready

    def listen(self, topics: Sequence[str]) -> None:
        """These topics and no others, on a connection that is ready."""
        before, self._subscriptions = self._subscriptions, set(topics)
        if fresh := sorted(self._subscriptions - before):
            self._client.subscribe([(topic, 0) for topic in fresh])
        if stale := sorted(before - self._subscriptions):
            self._client.unsubscribe(stale)

    async def over(self) -> None:
        """Waits for the end of this connection."""
        await self._over.wait()

    def publish(self, topic: str, data: bytes, buffer: int) -> bool:
        """See :meth:`Pipe.publish`. A message larger than the whole buffer goes alone."""
        if not self.ready or (self._waiting_bytes and self._waiting_bytes + len(data) > buffer):
            return False
        info = self._client.publish(topic, data, qos=0)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            return False
        self._waiting[info.mid] = len(data)
        self._waiting_bytes += len(data)
        return True

    def lose(self, trouble: PipeTrouble, detail: str) -> None:
        """It is over, and why; the first reason stands."""
        if not self._over.is_set():
            self.ready = False
            self.trouble, self.detail = trouble, detail
            self._over.set()
            if not self._welcomed.done():
                self._welcomed.set_result(None)

    def close(self) -> None:
        """Hangs up, politely when the line still stands."""
        polite = self.ready
        self.lose(PipeTrouble.STOPPED, "")
        if self._ticker is not None:
            self._ticker.cancel()
        if polite:
            self._client.disconnect()
            self._client.loop_write()
        self._detach()

    # ── the socket, on the event loop ──

    def _connect(self) -> None:
        """In a thread."""
        if self._broker.tls:
            self._client.tls_set_context(tls_context(self._broker))
        self._client.connect(self._broker.host, self._broker.port, self._keepalive)

    def _attach(self) -> None:
        sock = self._client.socket()
        if sock is None:
            raise ConnectionError("the connection was closed at once")
        if self._over.is_set():  # stopped while the thread was still connecting
            sock.close()
            return
        self._socket = sock
        _settle(sock)
        self._client.on_socket_register_write = self._want_write
        self._client.on_socket_unregister_write = self._want_no_write
        self._loop.add_reader(sock, self._readable)
        self._client.loop_write()
        self._tick()

    def _detach(self) -> None:
        sock, self._socket = self._socket, None
        if sock is not None:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)
            sock.close()

    def _readable(self) -> None:
        self._client.loop_read()
        while isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            self._client.loop_read()  # decrypted already, so no event will announce it

    def _want_write(self, _client: paho.Client, _data: Any, sock: "SocketLike") -> None:
        self._loop.add_writer(sock, self._client.loop_write)

    def _want_no_write(self, _client: paho.Client, _data: Any, sock: "SocketLike") -> None:
        if sock.fileno() >= 0:  # a client that is thrown away says so once more, of a socket that was closed long ago
            self._loop.remove_writer(sock)

    def _tick(self) -> None:
        self._client.loop_misc()
        if not self._over.is_set():
            self._ticker = self._loop.call_later(1.0, self._tick)

    # ── what paho calls ──

    def _make_client(self, client_id: str) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id, clean_session=True, protocol=paho.MQTTv311)
        client.connect_timeout = 5.0
        if self._broker.user:
            client.username_pw_set(self._broker.user, self._broker.password)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_message = self._message
        client.on_publish = self._published
        client.on_disconnect = self._disconnected
        client.on_socket_close = self._socket_closed
        return client

    def _connected(self, client: paho.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if code.is_failure:
            self.lose(PipeTrouble.REFUSED if code.getName() in _RIGHTS else PipeTrouble.UNREACHABLE, code.getName())
        elif self._subscriptions:
            client.subscribe([(topic, 0) for topic in sorted(self._subscriptions)])
        else:
            self._welcome()

    def _subscribed(self, _client: paho.Client, _data: Any, _mid: int, codes: list[ReasonCode], _p: Any) -> None:
        if any(code.is_failure for code in codes):
            self.lose(PipeTrouble.REFUSED, "no right to read here")
        else:
            self._welcome()

    def _welcome(self) -> None:
        if not self._welcomed.done():
            self.ready = True
            self._welcomed.set_result(None)

    def _message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self._received(topic, bytes(message.payload))

    def _published(self, _client: paho.Client, _data: Any, mid: int, _code: ReasonCode, _properties: Any) -> None:
        self._waiting_bytes -= self._waiting.pop(mid, 0)

    def _disconnected(self, _client: paho.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        self._loop.call_soon_threadsafe(partial(self.lose, PipeTrouble.LOST, code.getName()))

    def _socket_closed(self, _client: paho.Client, _data: Any, sock: "SocketLike") -> None:
        if self._socket is sock:
            self._socket = None
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)


def tls_context(broker: Broker) -> ssl.SSLContext:
    """How TLS is spoken with this broker. :exc:`ssl.SSLError` when a file of it can't be used."""
    try:
        context = ssl.create_default_context(cafile=broker.ca or None)
        if broker.certificate:
            context.load_cert_chain(broker.certificate, broker.key or None)
    except OSError as why:  # a file that is missing, or is none of the kind
        raise ssl.SSLError(f"A certificate of the configuration can't be used: {why}") from why
    return context


def _settle(sock: "SocketLike") -> None:
    """A sale leaves at once, and what nobody confirms for half a minute is a broken line."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _NEVER_SENT_SECONDS * 1000)
