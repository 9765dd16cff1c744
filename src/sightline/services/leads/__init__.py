"""Build a generation of leads from the segments of current runs, and compare generations.

Entry points: `rebuild.rebuild`, `generation_difference.difference`, `visit_lines.lines_of` and
`report_facts.report_of`.
"""
