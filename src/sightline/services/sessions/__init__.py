"""Turn the registered hits of current runs into sessions.

Entry points: `sessionise.make_sessions`, `segment_reader.read_hits` and `current_runs`.
"""
