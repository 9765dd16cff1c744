"""Cases, authorities and sources, with the notes, deadlines and declarations about them."""
