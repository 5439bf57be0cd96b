"""
Alembic migrations of the ledger, run by `store.database.migrate`.

A change to store/schema.py adds a file `versions/NNNN_what_it_does.py` with `revision`, `down_revision` and `upgrade()`; a test
compares the result with the schema. There is no env.py: the program itself supplies the connection, and nothing is downgraded (a
backup is restored instead).
"""
