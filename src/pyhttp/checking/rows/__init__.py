"""The conversations, each with the clauses it shows."""
