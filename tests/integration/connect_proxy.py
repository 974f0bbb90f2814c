"""An HTTP proxy that opens tunnels (CONNECT), each to one port of this host, whatever name was asked for."""

import contextlib
import socket
import threading


class ConnectProxy:
    def __init__(self, target_port):
        self.asked = []  # the request lines
        self._target = ("127.0.0.1", target_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """No new tunnels; each that is open lasts as long as its two ends."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError), client:
            client.settimeout(30)
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                more = client.recv(4096)
                if not more:
                    return
                head += more
            self.asked.append(head.split(b"\r\n")[0].decode())
            with socket.create_connection(self._target, timeout=30) as target:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pass_on, args=(target, client), daemon=True)
                back.start()
                _pass_on(client, target)
                back.join()


def _pass_on(source, destination):
    """Until the source's end, which the destination is told."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            destination.sendall(data)
        destination.shutdown(socket.SHUT_WR)
