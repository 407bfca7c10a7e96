"""The one tree of errors. A message says what was wrong, where, and what to do.

::

    MakaraError
    ├── UsageError            the caller asked for something that cannot be (exit 2, HTTP 400)
    │   ├── ColumnsError      a required column is missing or has a wrong type
    │   ├── SettingsError     makara.toml or a MAKARA_* variable does not fit
    │   └── NotFoundError     no such event, vessel, partner, rule (HTTP 404)
    ├── InputError            a file or stream cannot be read at all (exit 1, HTTP 422)
    ├── LakeError             the store (exit 1, HTTP 503)
    │   ├── LakeLockedError   another writer holds it
    │   ├── LakeTooNewError   written by a newer Makara
    │   ├── LakeDamagedError  a file that the snapshot names is missing or changed
    │   └── LakeFullError     the disk is full; nothing was committed
    └── ReleaseError          release refused: no mark, no policy, unknown partner (exit 1, HTTP 403)
"""

from __future__ import annotations


class MakaraError(Exception):
    """Root of everything that Makara raises on purpose."""

    exit_code = 1
    http_status = 500


class UsageError(MakaraError):
    """The caller asked for something that cannot be."""

    exit_code = 2
    http_status = 400


class ColumnsError(UsageError):
    """A required column is missing or has a wrong type."""


class SettingsError(UsageError):
    """A setting in makara.toml or a MAKARA_* variable does not fit."""


class NotFoundError(UsageError):
    """The named thing does not exist, or may not be known to the asker."""

    http_status = 404


class InputError(MakaraError):
    """A file or stream cannot be read at all (single bad rows go to rejects instead)."""

    http_status = 422


class LakeError(MakaraError):
    """The store cannot do what was asked."""

    http_status = 503


class LakeLockedError(LakeError):
    """Another writer holds the lake."""


class LakeTooNewError(LakeError):
    """The lake was written by a newer Makara."""


class LakeDamagedError(LakeError):
    """A file that the newest snapshot names is missing or was changed."""


class LakeFullError(LakeError):
    """The disk is full; nothing was committed."""


class ReleaseError(MakaraError):
    """Release was refused: no mark, no policy, or an unknown partner."""

    http_status = 403


__all__ = [
    "ColumnsError",
    "InputError",
    "LakeDamagedError",
    "LakeError",
    "LakeFullError",
    "LakeLockedError",
    "LakeTooNewError",
    "MakaraError",
    "NotFoundError",
    "ReleaseError",
    "SettingsError",
    "UsageError",
]
