"""Alembic's entry point: run the migrations on the connection that `migrate` passes, within its transaction."""

from alembic import context

from sightline.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
