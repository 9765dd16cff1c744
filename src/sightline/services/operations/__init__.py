"""Show an operation's board and write its report: leads by stage, events, outcomes and measured precision.

Entry points: `board.board` and `report.report`.
"""
