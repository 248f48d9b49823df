-- By the start alone: an index that knew who waits would be written with every place in a queue.
CREATE INDEX session_by_start ON session (starts_at);
