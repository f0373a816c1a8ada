"""The conversations, each with the clauses that it shows."""
