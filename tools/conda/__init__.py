"""The conda package: the recipe for conda-forge, and a build of it that needs nothing but PyPI. See conda/README.md."""
