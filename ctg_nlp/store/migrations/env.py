"""Runs the migrations on the connection that `store.database.upgrade` hands over."""

from alembic import context

from ctg_nlp.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
