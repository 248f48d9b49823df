"""Alembic's entry: run what is asked on the connection that `migrate` hands over, one transaction per migration."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
connection.execute(text("SELECT pg_advisory_lock(hashtext('migrate'))"))
connection.commit()
try:
    context.configure(
        connection=connection,
        version_table=context.config.attributes["version_table"],
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
finally:
    connection.rollback()
    connection.execute(text("SELECT pg_advisory_unlock(hashtext('migrate'))"))
    connection.commit()
