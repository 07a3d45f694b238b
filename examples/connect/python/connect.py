"""Connects to an Aurora DSQL endpoint as an application should: as a database role of its own, with a token for each
connection, and with transactions that are repeated as a whole.

It reads libpq's variables: PGHOST, the region's endpoint, and PGUSER, the role; AWS's own for the credentials. For the
sandbox also PGHOSTADDR, PGPORT and PGSSLROOTCERT, as `make sandbox` prints them.
"""

import os
import random
import time

import boto3
import psycopg

ATTEMPTS = 10


def connect() -> psycopg.Connection:
    """Opens a connection, which Aurora DSQL ends after 60 minutes: whoever keeps it opens another before that."""
    host = os.environ["PGHOST"]  # <identifier>.dsql.<region>.on.aws
    region = host.split(".")[2]
    # A token is only looked at when a connection begins, and lasts a quarter of an hour: one for each connection.
    token = boto3.client("dsql", region_name=region).generate_db_connect_auth_token(host, region)
    return psycopg.connect(
        host=host,
        user=os.environ["PGUSER"],
        password=token,
        dbname="postgres",
        sslmode="verify-full",
        sslrootcert=os.environ.get("PGSSLROOTCERT", "system"),  # "system" needs libpq 16, as psycopg[binary] has
        connect_timeout=5,
    )


def repeatable(error: psycopg.Error) -> bool:
    """Says that a transaction lost against another (40001, with OC000 for data or OC001 for the schema), that the
    server was unavailable (XX000; the commit is uncertain), or that the connection was refused or lost (08, or no
    SQLSTATE; so is the commit)."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    unavailable = error.sqlstate == "XX000" and "unavailable" in str(error)
    return error.sqlstate == "40001" or unavailable or error.sqlstate.startswith("08")


def repeat(transaction):
    """Runs a whole transaction again while it may be repeated. The transaction has to bear that, since the one before
    may have been committed: it tells its rows by keys of its own."""
    connection = None
    for attempt in range(1, ATTEMPTS + 1):
        try:
            if connection is None or connection.closed:
                connection = connect()
            with connection.transaction():
                result = transaction(connection)
            connection.close()
            return result
        except psycopg.Error as error:
            if not repeatable(error) or attempt == ATTEMPTS:
                raise
            time.sleep(random.uniform(0, min(0.01 * 2**attempt, 1)))


def record(connection: psycopg.Connection, order: str, amount: str) -> int:
    """Records an order once, however often it is asked to, and returns how many there are."""
    connection.execute(
        "INSERT INTO shop.orders (id, amount) VALUES (%s, %s) ON CONFLICT (id) DO NOTHING", (order, amount)
    )
    return connection.execute("SELECT count(*) FROM shop.orders").fetchone()[0]


if __name__ == "__main__":
    orders = repeat(lambda connection: record(connection, "order-1", "100.50"))
    print(f"order-1 is one of {orders}")
