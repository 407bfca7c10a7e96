"""Data that ships with the package; the session reads it and passes it on. Origins: NOTICE.md."""
