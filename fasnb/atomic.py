"""Files appear whole or not at all: written beside their place, flushed, then renamed over it."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fasnb.errors import FasnbError

#: How the names of temporary files begin.
PART = ".part-"
#: A file takes a moment to write: one that nobody has touched for so many seconds was left by a kill.
LEFT_S = 3600.0


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in `path`'s folder; on success it replaces `path`, on failure it is removed.

    The temporary name keeps the suffix, since encoders choose their format by it. Raises FasnbError where the
    system refuses the write (full disk, no permission).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f"{PART}{path.stem[:40]}-", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
    except OSError as error:
        raise _refused(path, error) from error
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb+") as done:
            os.fsync(done.fileno())
        # Where the folder is its owner's alone (cut faces), so is the file, even if it is moved elsewhere.
        os.chmod(temporary, 0o644 & path.parent.stat().st_mode)
        os.replace(temporary, path)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with writing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` atomically, as UTF-8."""
    write_bytes(path, content.encode())


def sweep(folder: Path, idle_s: float = 0.0) -> None:
    """Remove the temporary files that killed processes left in `folder`, if untouched for `idle_s` seconds.

    With 0 only where no other process may be writing there.
    """
    for path in folder.glob(f"{PART}*"):
        with suppress(OSError):  # gone meanwhile, or not ours to remove
            if time.time() - path.stat().st_mtime >= idle_s:
                path.unlink()


def _refused(path: Path, error: OSError) -> FasnbError:
    reason = error.strerror or str(error)
    return FasnbError(f"cannot write {path}: {reason}; free space or choose another folder, then run again")
