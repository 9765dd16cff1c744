"""Durable storage and the only SQL of Sightline: rows, schema, migrations, transactions, segment files."""
