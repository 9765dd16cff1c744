"""What an ideal reader of a world's records could conclude, by attribution.md alone, apart from the product.

It reads what the world wrote: records with their places, declarations, lists and data sets. Where the definitions are
silent, docs/explanation/exercise_world.md says what is taken for them.
"""
