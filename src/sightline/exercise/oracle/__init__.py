"""Decide what an ideal reader of a world's records could conclude, by attribution.md alone, independent of the product.

It reads what the world wrote: records with their places, declarations, lists and data sets. Where the definitions leave
something open, docs/explanation/exercise_world.md has the rule.
"""
