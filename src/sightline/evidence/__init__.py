"""What others are given: papers as PDF/A, bundles with their verifier (ADR 13), hits as STIX and CASE/UCO (ADR 8)."""
