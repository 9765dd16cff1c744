"""Live feeds: growing files, spool folders and standard input, scanned part by part into a workspace."""

from __future__ import annotations
