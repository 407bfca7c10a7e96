"""Table matches."""

from makara.tables._table import F32, I64, REASONS, STR, STRS, Field, Table

TABLE = Table(
    "matches",
    "lake",
    "Each detection and the track that explains it best, with probabilities. Derived, current.",
    ("detection", "profile", "against"),
    (
        Field("detection", STR, "The detection."),
        Field("profile", STR, "Profile of the matching."),
        Field("against", STR, "What it was matched against (ais, vms), so that dark never depends on another feed."),
        Field("track", I64, "The best track; null: none is likelier than not.", True),
        Field("p", F32, "Probability of that track.", True, 4),
        Field("runner_up", I64, "The second best track.", True),
        Field("p_runner_up", F32, "Probability of the runner-up.", True, 4),
        Field("p_none", F32, "Probability that no track explains it.", False, 4),
        Field("p_heard", F32, "Probability that a vessel transmitting here and now would have been received.", True, 4),
        Field("p_dark", F32, "Probability that it is a vessel that does not transmit; null: abstains.", True, 4),
        Field("reasons", REASONS, "Why."),
        Field("looked", STRS, "Feeds that were searched for it."),
    ),
)
