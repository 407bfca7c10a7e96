"""Who is it: identities from claims and lists; competing ones are kept. A kernel."""

from makara.registry.identify import classes, identify
from makara.registry.numbers import flag_of, imo_ok, kind_of

__all__ = ["classes", "flag_of", "identify", "imo_ok", "kind_of"]
