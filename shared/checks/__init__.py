"""`skillslab check`: whether everything holds that must hold, looked up in the databases of a running platform.

It changes nothing and waits for nobody: it reads in pieces, each a short READ ONLY transaction with one picture of a database,
and rests between them. What a service knows of its own tables is in its own `checks`; here is what all of them share: logs,
inboxes, outboxes, and who may read what.
"""
