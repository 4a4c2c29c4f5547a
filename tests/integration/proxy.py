# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy before a broker that is slow, cuts connections, or garbles what it passes on."""

import random
import socket
import threading

CHUNK = 16384


class Proxy:
    """Listens on `port` and passes on to `target`, both of 127.0.0.1. What is set holds at once:
    delay (seconds a chunk waits), trickle (bytes a chunk has at most, each 10 ms apart), garble
    (how many chunks from the broker, large enough to hold records, get a byte flipped)."""

    def __init__(self, port, target, seed=1):
        self.target = target
        self.delay, self.trickle, self.garble = 0.0, None, 0
        self.garbled = self.cuts = 0
        self.dice = random.Random(seed)
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.pairs = []
        self.server = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stopped.set()
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.cut()

    def cut(self):
        """Ends every connection there is."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        self.cuts += len(pairs)
        for pair in pairs:
            for end in pair:
                _shut(end)

    def _accept(self):
        while not self.stopped.is_set():
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            try:
                broker = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs.append((client, broker))
            for source, sink, garbles in ((client, broker, False), (broker, client, True)):
                threading.Thread(target=self._pass, args=(source, sink, garbles), daemon=True).start()

    def _pass(self, source, sink, garbles):
        try:
            while data := source.recv(self.trickle or CHUNK):
                if self.delay:
                    self.stopped.wait(self.delay)
                if self.trickle:
                    self.stopped.wait(0.01)
                sink.sendall(self._garbled(data) if garbles else data)
        except OSError:
            pass  # cut
        finally:
            _shut(source)
            _shut(sink)

    def _garbled(self, data):
        with self.lock:
            if self.garble == 0 or len(data) < 4096:
                return data
            self.garble -= 1
            self.garbled += 1
        at = self.dice.randrange(2048, len(data))
        return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]


def _shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
