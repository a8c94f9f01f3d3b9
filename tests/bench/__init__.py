"""Measurements; run by hand, each prints its figures and what they are compared with."""
