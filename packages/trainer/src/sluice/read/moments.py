"""Times as people read them."""

from __future__ import annotations

from datetime import datetime, timezone


def moment(ms: float | None) -> datetime | None:
    """A UTC time of epoch milliseconds."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, timezone.utc)


def moment_text(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%d %H:%M:%S")


def duration_text(start: datetime | None, end: datetime | None) -> str:
    """`2 min 5 s`; nothing where one of them is not known."""
    if start is None or end is None:
        return ""
    seconds = max(0.0, (end - start).total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
