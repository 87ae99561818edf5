"""fasnb: the reproducible companion to "Face anti-spoofing based on meta-pseudo-label" (2023).

Importing the package is light; torch loads with the modules that need it.
"""

from importlib.metadata import PackageNotFoundError, version

from fasnb.errors import FasnbError, UsageError

try:
    __version__ = version("fasnb")
except PackageNotFoundError:  # a checkout on the path that was never installed
    __version__ = "0+unknown"

__all__ = ["FasnbError", "UsageError", "__version__"]
