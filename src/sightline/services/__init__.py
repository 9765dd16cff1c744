"""What Sightline does, one package per capability, each built on the stages and the storage.

Command line and web app call these packages through `casework` or directly. The architecture page lists which package
may import which.
"""
