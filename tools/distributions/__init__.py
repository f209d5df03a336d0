"""Builds the distributions of a release, looks into them, and tries them as a user would: see RELEASING.md."""
