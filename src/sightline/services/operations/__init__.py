"""Show an operation's board and write its report: leads by stage, events, outcomes and measured precision.

Entry points: `board.build_board` and `report.write_report`.
"""
