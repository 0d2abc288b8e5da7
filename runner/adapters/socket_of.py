"""A listening socket, taken before anything else is begun: an address that is taken is a mistake to be told at once."""

import errno
import socket


def listening_socket(address: str) -> socket.socket:
    """Listen on HOST:PORT; without a host, on all addresses.

    Raises:
        OSError: when the address cannot be had.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        host.encode("idna")
    except UnicodeError as error:
        raise OSError(errno.EINVAL, "no host can have this name") from error
    return socket.create_server((host, int(port)), family=family)
