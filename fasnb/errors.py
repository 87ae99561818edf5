"""The two kinds of failure a user can meet; both are one line that names the file and the remedy."""


class FasnbError(Exception):
    """Something failed while working: bad data, a corrupt file, a full disk. The command exits with 1."""

    exit_code = 1


class UsageError(FasnbError):
    """The request itself cannot be met: an unknown name or parameter. The command exits with 2."""

    exit_code = 2
