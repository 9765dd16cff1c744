"""Every change of the schema, in order. `migrate` runs them; never run them by hand."""
