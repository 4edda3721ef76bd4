"""Fails: its key has to be named in the end."""

raise SystemExit(1)
