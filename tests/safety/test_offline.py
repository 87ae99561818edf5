"""The watch holds everything back, and files that lead to the network, or elsewhere, are not followed."""

import socket
import threading

import pytest

from fasnb import video
from fasnb.errors import FasnbError
from tests.safety import offline


def test_the_watch_lets_nothing_out():
    for event, arguments in (
        ("socket.connect", (None, ("192.0.2.1", 80))),
        ("socket.bind", (None, ("0.0.0.0", 80))),
        ("socket.sendto", (None, ("2001:db8::1", 80))),
        ("socket.getaddrinfo", ("example.org", 80)),
    ):
        with pytest.raises(PermissionError):
            offline.watch(event, arguments)
    assert len(offline.tried) == 4
    offline.tried.clear()
    offline.watch("socket.connect", (None, ("127.0.0.1", 80)))
    offline.watch("socket.connect", (None, "/run/socket"))
    offline.watch("socket.getaddrinfo", ("localhost", 80))
    offline.watch("open", ("file", "r", 0))
    assert not offline.tried


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile http://127.0.0.1:{port}/a.mp4\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n",
    ],
    ids=["playlist", "list", "session"],
)
def test_a_file_that_leads_to_the_network_is_no_video(tmp_path, content):
    """The decoder opens connections itself, out of Python's sight: so something listens for it."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)

        def listen():
            try:
                server.accept()[0].close()
                heard.append(True)
            except OSError:
                pass

        ear = threading.Thread(target=listen, daemon=True)
        ear.start()
        path = tmp_path / "clip.avi"
        path.write_text(content.format(port=server.getsockname()[1]))
        with pytest.raises(FasnbError, match=r"clip\.avi is (damaged or not a video|a list of other files)"):
            next(video.frames(path, 1))
        server.shutdown(socket.SHUT_RDWR)
    ear.join()
    assert not heard


@pytest.mark.parametrize(
    "content", ["ffconcat version 1.0\nfile {other}\n", "#EXTM3U\n#EXTINF:1,\n{other}\n"]
)
def test_nor_is_a_file_that_leads_to_another_one(tmp_path, content):
    from tests.tiny import ramp, write_video

    other = write_video(tmp_path / "private" / "other.mp4", ramp(3))
    path = tmp_path / "clip.avi"
    path.write_text(content.format(other=other))
    with pytest.raises(FasnbError, match=r"clip\.avi"):
        next(video.frames(path, 1))
