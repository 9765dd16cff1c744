"""Real servers for tests: each on free ports of the loopback, in a folder of its own, stopped at the end.

They die with the process that started them, even if it is killed.
"""
