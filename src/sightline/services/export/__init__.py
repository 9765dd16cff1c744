"""Write a file of hits as STIX 2.1 sightings or as a CASE/UCO graph.

Entry point: `hit_export.export_hits`.
"""
