"""Build a generation of leads from the segments of current runs, and compare generations.

Entry points: `rebuild.rebuild_leads`, `generation_difference.compare_generations`, `visit_lines.read_visit_lines` and
`report_facts.build_lead_report`.
"""
