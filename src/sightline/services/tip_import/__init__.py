"""Import tips into the workspace, under a recorded referral: exhibits, runs and sealed segments (ADR 26).

Entry point: `import_tips`.
"""
