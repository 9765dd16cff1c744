"""Make bundles of an exhibit for a court, the defence or an auditor, approved by two officers.

Entry point: `bundle.write_bundle`.
"""
