"""Spread scans over several machines with Dask distributed, which is loaded only when a cluster is asked for.

Entry points: `nodes.run_scheduler` and `nodes.run_worker` start a process of a cluster; `coordinator.connect_cluster`
gives a scan, a rebuild or a verification the cluster to work with; `certificates.make_keys` makes its keys.
"""
