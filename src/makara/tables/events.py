"""Table events."""

from makara.tables._table import BINARY, F32, I32, I32S, REASONS, STR, STRS, TS, Field, Table, lat, lon

STATES = ("open", "closed", "withdrawn")
TABLE = Table(
    "events",
    "lake",
    "Something that happened over an interval, in versions: appended, revised or withdrawn, never silently changed.",
    ("event", "version"),
    (
        Field("event", STR, "Key: id from kind, profile, scope, movers or detections, t_start in seconds."),
        Field("version", I32, "Version of the event at this node, from 1."),
        Field("supersedes", STR, "The event that this one takes the place of, its start having moved.", True),
        Field("state", STR, "Whether it goes on, is over, or no longer holds.", values=STATES),
        Field("kind", STR, "The rule's name."),
        Field("profile", STR, "The rule's profile."),
        Field("scope", STR, "The zone, cable or area that defines it, or empty."),
        Field("rule", STR, "Rule and version."),
        Field("parameters", STR, "Hash of the parameters in force."),
        Field("t_start", TS, "When it began."),
        Field("t_end", TS, "When it ended; null while open.", True),
        Field("t_end_floor", TS, "Known to have lasted at least until then."),
        lon(),
        lat(),
        Field("shape", BINARY, "Its path or area.", True, form="wkb"),
        Field("participants", STRS, "Movers as mv<mover>, or detection ids."),
        Field("mmsi", I32S, "The MMSIs among the participants."),
        Field("zones", STRS, "Zones that it touches."),
        Field("p", F32, "How sure.", True, 4),
        Field("severity", I32, "0 (for the record) to 4 (act now)."),
        Field("reasons", REASONS, "Why, by contribution."),
        Field("innocent", STRS, "Innocent explanations that look the same."),
        Field("details", STR, "What the rule's own schema declares.", form="json"),
        Field("evidence", STRS, "rows:<mover>:<from>/<to>, ids, feed:<id> searched and found nothing."),
    ),
)
