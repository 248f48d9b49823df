"""One pool per process, and one way to open a transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import asyncpg

from shared.errors import Busy

_NESTED = "a transaction is already open in this task: pass its connection on instead of taking another"

if TYPE_CHECKING:  # generic in the stubs alone
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Pool, Connection = asyncpg.Pool, asyncpg.pool.PoolConnectionProxy

LOST_CONNECTION = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # the server is stopping, starting or standing by
    asyncpg.InsufficientResourcesError,
)
"""What is raised when the database is away. Whether a commit under way took place is then unknown."""

TRY_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
"""What PostgreSQL asks to be tried again, from the start of the transaction."""

_inside: ContextVar[bool] = ContextVar("inside a transaction", default=False)


async def open_pool(url: str, *, service: str, size: int = 8) -> Pool:
    """A pool of at most `size` connections whose limits the server keeps too (seconds unless it says otherwise)."""
    pool: Pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        timeout=5,
        command_timeout=30,
        max_inactive_connection_lifetime=15,
        server_settings={
            "application_name": f"skillslab {service}",
            "statement_timeout": "30s",
            "lock_timeout": "10s",
            "idle_in_transaction_session_timeout": "30s",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
            "timezone": "UTC",
            "jit": "off",  # short statements: compiling them costs more than running them
        },
    )
    return pool


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for reading. Raises Busy when none is free within three seconds, and refuses to nest (asyncpg #5)."""
    if _inside.get():
        raise RuntimeError(_NESTED)
    try:
        conn = await pool.acquire(timeout=3)
    except TimeoutError as late:
        raise Busy from late
    except asyncpg.InterfaceError as closing:
        raise ConnectionResetError(str(closing)) from closing
    inside = _inside.set(True)
    try:
        yield conn
    except asyncpg.InterfaceError as error:
        if isinstance(error, ValueError):  # not the connection: an argument that does not fit its type
            raise
        raise ConnectionResetError(str(error)) from error
    finally:
        _inside.reset(inside)
        await pool.release(conn)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection with a transaction that commits when the block ends and rolls back when it raises."""
    async with connection(pool) as conn, conn.transaction():
        yield conn
