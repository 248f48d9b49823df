"""Mail: what it says, how it looks on the wire, and the server that takes it."""
