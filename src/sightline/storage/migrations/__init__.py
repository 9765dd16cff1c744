"""Every change of the schema, in order; run by `migrate`, never by hand."""
