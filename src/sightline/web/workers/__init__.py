"""Several processes that answer for one web app. The process in front passes each session to the worker that has it.

Python code runs on one processor at a time in a process, so a large unit needs more than one. An officer's key stays in
one worker, with all else that belongs to a session: what is open on its screen, its jobs and its limits.
"""
