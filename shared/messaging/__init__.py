"""Moving facts safely: log → relay → transport → consumer, with the log as the one truth.

`log` appends facts in the transaction that made them; `relay` hands them to the courier; `transport` is the courier's port,
with RabbitMQ and PGMQ behind it; `consumer` applies each fact once and in order, and `catch_up` reads from the publisher's log
what the courier did not bring.
"""
