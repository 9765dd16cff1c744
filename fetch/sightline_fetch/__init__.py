"""Pull flag lists from TAXII 2.1 collections and MISP feeds into files to carry. Independent of Sightline's core."""
