"""Import files that describe a seized device: manifests of its files, and histories of its browsers (ADR 27).

Entry points: `import_devices.import_devices` and `findings.list_device_findings`.
"""
