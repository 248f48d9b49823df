"""PostgreSQL: a pool with limits, named queries from .sql files, migrations."""
