"""The ways to reach people; each is a folder."""
