"""Table lists."""

from makara.tables._table import BOOL, F32, I32, STR, STRS, TS, Field, Table

TABLE = Table(
    "lists",
    "state",
    "Lists that vessels are on: IUU, sanctions, registers. Of a list's editions the newest is in force.",
    ("list", "entry"),
    (
        Field("list", STR, "Name of the list; one that ends in _register says who is what and warns of nobody."),
        Field("entry", STR, "Key: id from what the list says."),
        Field("mmsi", I32, "MMSI.", True),
        Field("imo", I32, "IMO number.", True),
        Field("name", STR, "Name.", True),
        Field("reason", STR, "Why it is on it.", True),
        Field("from", TS, "Since when.", True),
        Field("to", TS, "Until when.", True),
        Field("as_of", TS, "Date of the edition of the list; null: it has none.", True),
        Field("former", BOOL, "An entry that no longer holds and that the list keeps in memory.", True),
        Field("names", STRS, "Other and former names.", True),
        Field("callsign", STR, "Call sign.", True),
        Field("flag", STR, "Flag state, ISO 3166 alpha-3.", True),
        Field("class", STR, "Class of vessel; null: where the list is <class>_register, that class.", True),
        Field("gear", STR, "Fishing gear.", True),
        Field("length_m", F32, "Length over all, metres.", True, 1),
        Field("own_id", STR, "The list's own number of the entry; of an ITU register the MID.", True),
    ),
)
