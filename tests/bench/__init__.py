"""Speed, each figure beside its yardstick of the same run. Never part of the tests: a machine may be busy."""
