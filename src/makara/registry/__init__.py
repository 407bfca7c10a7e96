"""Who is it: identities from claims and lists; competing ones are kept. A kernel."""

from makara.base.imo import imo_ok
from makara.registry.acts import VERBS
from makara.registry.acts import in_force as acts_in_force
from makara.registry.classes import classes
from makara.registry.identify import identify
from makara.registry.lists import watched
from makara.registry.names import likeness, plain
from makara.registry.numbers import flag_of, kind_of
from makara.registry.search import search

__all__ = [
    "VERBS",
    "acts_in_force",
    "classes",
    "flag_of",
    "identify",
    "imo_ok",
    "kind_of",
    "likeness",
    "plain",
    "search",
    "watched",
]
