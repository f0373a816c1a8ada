"""What a URL means here: paths, files, listings and error pages."""
