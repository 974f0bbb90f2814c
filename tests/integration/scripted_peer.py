"""A bundle endpoint that does as the test says: well-behaved, or wrong in one of many ways, changed at any moment."""

import contextlib
import socket
import ssl
import threading
import time

BLOCK = b" " * 65536


def answer(body, status="200 OK", headers=()):
    """A behaviour: one plain HTTP answer to each request."""
    head = "".join(f"{line}\r\n" for line in headers)
    message = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{head}\r\n"

    def behave(peer, connection):
        while peer.read_request(connection):
            connection.sendall(message.encode() + body)
    return behave


def silence(peer, connection):
    """Takes the request, and never says anything."""
    peer.wait_for_end(connection)


def dribble(peer, connection):
    """Headers a byte at a time, for ever."""
    peer.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Padding: ")
    while not peer.wait_for_end(connection, 0.05):
        connection.sendall(b"x")


def endless_body(peer, connection):
    """A body that goes on slowly, and has no end."""
    peer.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not peer.wait_for_end(connection, 0.05):
        connection.sendall(b"1\r\n \r\n")


def flood(size, said=True):
    """A body of that many bytes, its length said beforehand or not."""
    def behave(peer, connection):
        peer.read_request(connection)
        length = f"Content-Length: {size}\r\n" if said else "Connection: close\r\n"
        connection.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\n".encode())
        for _ in range(size // len(BLOCK)):
            connection.sendall(BLOCK)
    return behave


def raw(data):
    """These bytes, and the end of the connection."""
    def behave(peer, connection):
        peer.read_request(connection)
        connection.sendall(data)
    return behave


class ScriptedPeer:
    """Listens on a free loopback port; each connection has a thread. Set `behaviour`, `certificate`, `handshakes` freely."""

    def __init__(self, certificate, behaviour):
        self.certificate = certificate
        self.behaviour = behaviour
        self.handshakes = True
        self.asked = []  # when requests came, by the monotonic clock
        self._stopping = threading.Event()
        self._connections = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """From now on connections are refused; those that are open end."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()

    def change(self, behaviour=None, certificate=None, handshakes=True):
        """Another behaviour from the next connection on, which is now."""
        self.behaviour = behaviour or self.behaviour
        self.certificate = certificate or self.certificate
        self.handshakes = handshakes
        self.drop_connections()

    def drop_connections(self):
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        self._connections.add(connection)
        with contextlib.suppress(OSError, ValueError), connection:
            connection.settimeout(30)
            if not self.handshakes:
                self.wait_for_end(connection)
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            with context.wrap_socket(connection, server_side=True) as stream:
                self._connections.add(stream)
                self.behaviour(self, stream)
                self._connections.discard(stream)
        self._connections.discard(connection)

    def read_request(self, connection):
        """The request's bytes; nothing at the end of the connection."""
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            more = connection.recv(4096)
            if not more:
                return b""
            request += more
        self.asked.append(time.monotonic())
        return request

    def wait_for_end(self, connection, seconds=30):
        """Whether the peer went away within that time; what it says meanwhile is thrown away."""
        connection.settimeout(seconds)
        try:
            while connection.recv(4096):
                pass
        except TimeoutError:
            return self._stopping.is_set()
        finally:
            connection.settimeout(30)
        return True
