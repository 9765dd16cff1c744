"""The capabilities of Sightline, one package each, built on the stages, the storage and the casework.

The command line and the web app call these packages; `casework` never does. The architecture page lists which package
may import which.
"""
