"""Make bundles of an exhibit for court, defence or auditor, approved by two officers."""
