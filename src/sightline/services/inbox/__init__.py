"""The messages in an officer's inbox: derived from the tables and the ledger, and stored nowhere else."""
