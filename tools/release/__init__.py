"""Is the project ready for a release? See RELEASING.md."""
