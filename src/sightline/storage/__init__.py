"""What is kept, and the only SQL: rows, schema, migrations, transactions, segment files."""
