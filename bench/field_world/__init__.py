"""A second, independent generator of worlds: other networks, other logs, other clerks than `sightline exercise`.

It was written from the definitions of attribution and the documents for users alone, and it drives the product by its
command line, as officers do: `python -m bench.field_world --sessions 2000 --seed 7`.
"""
