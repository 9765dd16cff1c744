"""The status of feeds in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Sequence

from sightline.services.live.alarms import Alarm
from sightline.services.live.feed_status import FeedStatus

METRICS = {
    "sightline_feed_parts": ("counter", "Parts registered."),
    "sightline_feed_bytes": ("counter", "Bytes registered."),
    "sightline_feed_lines": ("counter", "Lines registered."),
    "sightline_feed_rejects": ("counter", "Lines rejected."),
    "sightline_feed_hits": ("counter", "Hits found."),
    "sightline_feed_lines_per_second": ("gauge", "Lines of the last minute, a second."),
    "sightline_feed_lag_bytes": ("gauge", "Bytes that wait in the input."),
    "sightline_feed_lag_messages": ("gauge", "Messages of the broker that are not registered."),
    "sightline_feed_silence_seconds": ("gauge", "Seconds since the last part."),
    "sightline_feed_refusals": ("counter", "Times that it was refused room on a disk."),
    "sightline_feed_damaged_files": ("gauge", "Files of the spool folder that were set aside."),
    "sightline_feed_missing_messages": ("counter", "Messages that the broker did not have any more."),
    "sightline_feed_repeated_messages": ("counter", "Messages that came again and were left out."),
    "sightline_feed_leads_wait_seconds": ("gauge", "Since when hits wait for a rebuild of the leads; 0 if none do."),
    "sightline_feed_gaps": ("gauge", "Gaps and breaks that are known."),
    "sightline_feed_alarm": ("gauge", "1 for each alarm that is on."),
}


def format_metrics(feeds: Sequence[FeedStatus]) -> str:
    """Return the status in the text format of Prometheus."""
    lines = []
    for name, (kind, about) in METRICS.items():
        lines += [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
        for status in feeds:
            values = {
                "sightline_feed_parts": status.parts,
                "sightline_feed_bytes": status.bytes,
                "sightline_feed_lines": status.lines,
                "sightline_feed_rejects": status.rejects,
                "sightline_feed_hits": status.hits,
                "sightline_feed_lines_per_second": round(status.lines_per_s, 3),
                "sightline_feed_lag_bytes": status.lag_bytes,
                "sightline_feed_lag_messages": status.lag_messages,
                "sightline_feed_silence_seconds": round(status.silence_s, 3),
                "sightline_feed_refusals": status.refusals,
                "sightline_feed_damaged_files": len(status.damaged),
                "sightline_feed_missing_messages": status.missing,
                "sightline_feed_repeated_messages": status.repeated,
                "sightline_feed_leads_wait_seconds": round(status.leads_wait_s or 0, 3),
                "sightline_feed_gaps": len(status.gaps) + len(status.breaks),
            }
            labels = (
                f"feed={_quote_text(status.feed)},source={_quote_text(status.source)},input={_quote_text(status.input)}"
            )
            if name == "sightline_feed_alarm":
                lines += [
                    f"{name}{{{labels},alarm={_quote_text(alarm)}}} {int(alarm in status.alarms)}" for alarm in Alarm
                ]
            elif (value := values[name]) is not None:
                lines.append(f"{name}{{{labels}}} {value}")
    return "".join(f"{line}\n" for line in lines)


def _quote_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
