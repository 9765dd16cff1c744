"""The field world, made independently of the exercise world: other networks, other logs, other clerks.

It was written from the definitions of attribution and the documents for users alone, and it drives the product by its
command line, as officers do: `python -m bench.field_world --sessions 2000 --seed 7`.
"""
