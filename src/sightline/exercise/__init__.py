"""A simulated world with known truth, and an evidence oracle that decides what its records can show.

See `docs/explanation/exercise_world.md`.
"""
