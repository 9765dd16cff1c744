"""Durable storage: rows, schema, migrations, transactions, segment files."""
