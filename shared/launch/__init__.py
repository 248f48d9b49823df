"""The whole platform on one machine: a database of its own, the services as processes, one command to start and stop it."""
