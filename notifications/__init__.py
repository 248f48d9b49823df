"""Messages to people: from committed facts only, and each of them once."""
