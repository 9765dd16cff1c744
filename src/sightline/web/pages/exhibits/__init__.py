"""Exhibits: each file by its digest, its chain of custody, its runs with every line accounted for, its papers."""
