"""Notes: a folder of text files, served to people and to programs."""
