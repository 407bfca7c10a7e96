"""The planted incidents, family by family, and the innocent look-alikes beside them.

Each incident says which vessels take part, which kinds of events it makes, and, where motion alone does not tell, when.
Times follow the length of the exercise; shorter ones leave out what does not fit, and no event is claimed that did not
happen: truth is told from motion, reception and looks. Each incident draws from randomness of its own, so that another
one changes nothing in it.

Who is planted for what, and what looks like it (traffic.py adds pilots, ferries, tugs with barges, pair trawlers,
ships in the roads, small craft inshore):

=================  ============================================  =============================================
kind               incidents                                     look-alikes
=================  ============================================  =============================================
gap, disabling     silent, silent_tanker                         breakdown_of_ais; class B beyond the stations
encounter          encounter, fiji, drifting_pair                night_anglers, idle_fleet, roads
loitering          the carriers, alone, cable, jigger            waiting_carrier, cable_ship
transshipment      encounter, fiji, alone, dark_rendezvous       waiting_carrier, convoy
dark_rendezvous    dark_rendezvous, dark_tanker, skiff           fishing_dhow, tugs with barges
mother_daughter    daughter, skiff_alongside                     pilots at ships, idle_fleet
zone_entry         open, silent, wrong_gear, jigger, fiji        licensed, passing_through
fishing,           open, wrong_gear, jigger, silent              licensed, neighbours, passing_through
speed_range
port_visit         call_phuket, call_penang, old_offender        passers, swinging
first_visit        open, old_offender, silent                    namesake, an offender that stays in port
identity           clone, renamed, bad_imo, two_hulls, nobodys,  factory_default, typing_error, sold
                   shrunk
spoofing           jump, round, inland, stuck                    survey_circles, glitch, moored, a wrong clock
dark               all who carry no AIS or switch it off         small craft, barges, lights, false alarms
piracy_approach,   dhow_attack, fishing_mother                   fishing_dhow, anglers, patrol
mother_ship
go_fast, drop_off  left_off_phuket, left_off_nicobar             patrol, anglers, hove_to
cable              cable, dragger                                survey, cable_ship
ship_to_ship       drifting_pair, steaming_pair                  roads, convoy
drifting           adrift_0, adrift_1                            swinging, hove_to, waiting_carrier
anomaly            against_the_lane, off_the_way                 fast_liner
=================  ============================================  =============================================
"""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np

from makara.exercise.incidents import cables, craft, fisheries, meetings, papers, passages, spoof, tankers
from makara.exercise.incidents._stage import Planted, Stage

__all__ = ["Planted", "Stage", "alike", "plant"]
FAMILIES: Final = (meetings, fisheries, papers, cables, tankers, craft, spoof, passages)


def plant(stage: Stage, seed: int) -> None:
    """All incidents that fit into the exercise, in a fixed order."""
    for family in FAMILIES:
        for incident in family.PLANT:
            stage.rng = _own(seed, incident.__name__)
            incident(stage)


def alike(stage: Stage, seed: int) -> None:
    """All look-alikes, in a fixed order."""
    for family in FAMILIES:
        for innocent in family.ALIKE:
            stage.rng = _own(seed, innocent.__name__)
            innocent(stage)


def _own(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
