"""An address that answers no connection attempt: a listener whose accept queue is full. Needs no firewall, no root."""

import socket


class BlackHole:
    """While it is open, a connect to the address ends in a timeout, as behind a security group that drops."""

    def __init__(self, address: str, port: int) -> None:
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((address, port))
        # Linux keeps backlog + 1 finished connections and drops every further SYN while nobody accepts.
        self._listener.listen(0)
        self._fillers = []
        for _ in range(2):
            filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            filler.setblocking(False)
            filler.connect_ex((address, port))
            self._fillers.append(filler)

    def close(self) -> None:
        """The address is free again."""
        for each in (*self._fillers, self._listener):
            each.close()
