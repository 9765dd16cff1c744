"""Live feeds: growing files, spool folders, standard input, sockets and brokers, scanned part by part into a workspace.

The words, in the order in which bytes pass:

- **feed**: one input of one source (`piece.LiveFeed` is what each kind of input offers).
- **place**: up to where a file was read, so that it is found again after a rotation or a restart (`read_positions`).
- **start**: the place where reading begins; it is registered before anything is read (`starts`).
- **piece**: whole lines that were read together and are not registered yet (`piece`).
- **part**: a piece that was registered, as an exhibit with its run (`part_scan`).
- **chain**: the parts of a feed in order; each names the digest of the part before (`chain`).

Entry points: `watch.watch`, `status.list_feeds` and `metrics.format_metrics`.
"""
