"""The servers: one loop, and three ways to run the handlers of the requests that it finds."""
