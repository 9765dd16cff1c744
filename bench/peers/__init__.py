"""What others would use for the same work, each in its fastest idiom that we found. Each module has

`find(log, names, out)`: every visit in a Squid log to a name of the list or a host under one, to a Parquet file that
holds `raw` (the line), `host`, `indicator`, time, client, status, bytes, method and url, and `line_number` where
the peer can count lines at full speed.

Spared to them, though Sightline does it: fields of lines that are no hits are not looked at, hosts are not made
canonical, a line that is no record is not noticed, offsets are not kept.
"""
