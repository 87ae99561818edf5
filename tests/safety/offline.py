"""A process that may talk to itself only: `python -m tests.safety.offline FOLDER`.

It imports every module, scores a picture, and a playlist that leads to the network; what tries to reach
another machine is refused and told. `licensed` trains and prints a table under the same watch.
"""

import ipaddress
import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
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
    """Do something under the watch; None, or what it reached for."""
    sys.addaudithook(watch)
    do()
    return f"reached for {tried}" if tried else None


def work(folder: Path) -> None:
    """Import and score."""
    for module in pkgutil.walk_packages(fasnb.__path__, "fasnb."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    from fasnb.__main__ import main
    from tests.pair import face_picture
    from tests.torture.targets import weights

    own = weights(folder)
    picture = face_picture(folder / "face.png", 120)
    playlist = folder / "playlist.avi"
    playlist.write_text("#EXTM3U\n#EXTINF:1,\nhttp://192.0.2.1/a.ts\n#EXT-X-ENDLIST\n")
    assert main(["score", str(picture), str(playlist), "--weights", str(own)]) == 0


if __name__ == "__main__":
    sys.exit(alone(lambda: work(Path(sys.argv[1]))))
