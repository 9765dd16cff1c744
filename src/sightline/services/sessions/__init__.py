"""Turn the registered hits of current runs into sessions.

Entry points: `sessionise.sessions`, `segment_reader.read_hits` and `current_runs`.
"""
