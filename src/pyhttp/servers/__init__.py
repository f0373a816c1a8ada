"""Servers: one loop, three ways to run what it finds."""
