"""Real servers of the distribution, driven in a network namespace of their own, and the logs that they write.

`python -m tests.real_servers --help` says what can be run. A server module has a `PROGRAM` and a `collect(place)`
which starts private instances, drives them, stops them and returns their logs with what the driver counted.
"""
