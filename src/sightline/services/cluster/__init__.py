"""Spread scans over several machines with Dask distributed, which is loaded only when a cluster is asked for."""
