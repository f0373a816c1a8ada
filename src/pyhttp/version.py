"""RFC 9110 §10.2.4: the product and its version."""

from typing import Final

__all__ = ["PRODUCT", "__version__"]

__version__ = "0.1.0"

PRODUCT: Final = f"pyhttp/{__version__}"
"""What scripts are told (3875-4.1.17-1a). Clients are not: it would help nobody but an attacker (9110-10.2.4-1b).

It is the name and no more (9110-10.1.5-5a), which advertises nothing (9110-10.1.5-5a.2), and behind the slash its
version (9110-10.1.5-5b), by which alone two releases differ (9110-10.1.5-5b.2).
"""
