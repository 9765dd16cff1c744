"""A simulated world with known truth, and an evidence oracle that says what its records can show (docs/explanation/exercise_world.md)."""
