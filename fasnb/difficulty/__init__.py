"""How hard the databases are, measured: leaks, a texture detector, groups of people, stages, a long training.

Each part is a module here; `report.py` runs them and keeps their tables in results/difficulty/.
"""

from fasnb.errors import FasnbError


class NotOfThese(FasnbError):
    """A part that cannot be had of these data, while the other parts can."""
