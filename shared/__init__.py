"""What every service stands on: contracts, messaging, database, HTTP and process plumbing. Knows no service and no rule."""
