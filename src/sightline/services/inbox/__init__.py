"""What an officer is told: derived from the tables and the ledger, and stored nowhere else."""
