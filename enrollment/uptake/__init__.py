"""The read side: who takes part in training, per region and over time. Its own tables, fed by facts alone."""
