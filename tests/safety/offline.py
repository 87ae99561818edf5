"""No network for a process: what tries to reach another machine is refused, and told.

`licensed` imports every module, trains, prints a table and scores under it; `torture.fuzz_child` reads its
damaged files under it.
"""

import ipaddress
import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import fasnb

_REACHES_OUT = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"}
_ASKS = {"socket.getaddrinfo", "socket.gethostbyname"}
tried: list[str] = []


def is_here(host: Any) -> bool:
    """Whether an address is this machine's own: loopback by number or name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def watch(event: str, arguments: tuple) -> None:
    """Refuse what leaves this machine; an audit hook, which cannot be taken off again."""
    address = arguments[0] if event in _ASKS else arguments[1] if event in _REACHES_OUT else None
    if isinstance(address, tuple):
        address = address[0]
    elif event in _REACHES_OUT:
        return  # a socket of the file system has a path
    if address is not None and not is_here(address):
        tried.append(f"{event} {address}")
        raise PermissionError(f"no network: {event} {address}")


def alone(do: Callable[[], None]) -> str | None:
    """Import every module, and do something, under the watch; None, or what it reached for."""
    sys.addaudithook(watch)
    for module in pkgutil.walk_packages(fasnb.__path__, "fasnb."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    do()
    return f"reached for {tried}" if tried else None
