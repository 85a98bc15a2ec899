"""Called by alembic. The connection comes from :mod:`cloud.store.migrate`, which holds its transaction."""

from alembic import context

from cloud.store import tables
from cloud.store.kinds import Row

assert tables.SaleRow.metadata is Row.metadata  # the models are loaded, so that alembic can compare

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
