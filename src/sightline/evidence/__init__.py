"""Evidence for recipients outside the unit.

PDF/A documents, bundles with their verifier (ADR 13), STIX and CASE/UCO (ADR 8).
"""
