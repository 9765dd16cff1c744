"""Officers' acts on a case. `access` permits every read and write here first."""
