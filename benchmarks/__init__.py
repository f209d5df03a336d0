"""Benchmarks of shimmytok for airspeed velocity; README.md beside this file says how to run them."""
