"""RFC 9110 §10.2.4: the product and its version."""

from typing import Final

__all__ = ["PRODUCT", "__version__"]

__version__ = "0.1.0"

PRODUCT: Final = f"pyhttp/{__version__}"
"""The name that scripts get (3875-4.1.17-1a). Clients do not get it: it would help only an attacker (9110-10.2.4-1b).

The name has no further text (9110-10.1.5-5a), and advertises nothing (9110-10.1.5-5a.2). Behind the slash stands the
version (9110-10.1.5-5b), by which alone two releases differ (9110-10.1.5-5b.2).
"""
