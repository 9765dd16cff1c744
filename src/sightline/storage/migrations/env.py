"""What Alembic runs: the migrations, on the connection that `migrate` gives, within its transaction."""

from alembic import context

from sightline.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
