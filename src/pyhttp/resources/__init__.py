"""The resources behind URLs: paths, files, listings and error pages."""
