"""Run a simulated world through the whole product, from its logs to the subscribers that its ISPs name.

Entry points: `run.run_world`, `notice_round.ask_isps` (notices and replies) and `status` (is this workspace an
exercise?).
"""
