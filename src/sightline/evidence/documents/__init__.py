"""Documents of the record as PDF/A: what a certificate and a hash report need, and the pages made of it."""
