"""Documents as PDF/A: the facts that certificates, hash reports, notices and reports need, and their pages."""
