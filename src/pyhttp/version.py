"""RFC 9110 §10.2.4: the product and its version."""

from typing import Final

__all__ = ["PRODUCT", "__version__"]

__version__ = "0.1.0"

PRODUCT: Final = f"pyhttp/{__version__}"
"""What scripts are told (3875-4.1.17-1a). Clients are not: it would help nobody but an attacker."""
