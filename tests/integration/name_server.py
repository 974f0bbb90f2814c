"""A name server on a loopback address of its own: every name is 127.0.0.1, until it falls silent."""

import contextlib
import socket
import struct
import threading

A, IN = 1, 1


class NameServer:
    address = "127.53.53.53"

    def __init__(self):
        self.silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                query, asker = self._socket.recvfrom(2048)
                if not self.silent and query:
                    self._socket.sendto(self._answer(query), asker)

    @staticmethod
    def _answer(query):
        """RFC 1035 4.1: the question again, and for type A one address."""
        end = 12
        while query[end]:
            end += query[end] + 1
        question = query[12:end + 5]
        kind = struct.unpack("!H", question[-4:-2])[0]
        record = b"\xc0\x0c" + struct.pack("!HHIH4B", A, IN, 0, 4, 127, 0, 0, 1)
        answers = [record] if kind == A else []
        return query[:2] + struct.pack("!HHHHH", 0x8180, 1, len(answers), 0, 0) + question + b"".join(answers)
