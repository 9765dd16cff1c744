"""Seconds, processor seconds and peak memory of one command, as JSON: `python clock.py COMMAND...`.

Its own small process, because Linux counts what the parent held as a child's peak.
"""

import json
import resource
import subprocess
import sys
import time

began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
seconds = time.perf_counter() - began
if done.returncode:
    sys.stderr.buffer.write(done.stderr[-2000:])
    sys.exit(done.returncode)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu_seconds, peak_bytes = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_bytes": peak_bytes}))
