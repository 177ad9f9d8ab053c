"""Fills a sheet in: draws of the future, a slow referee in NumPy, and the front door that every question uses."""
