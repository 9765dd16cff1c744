//! Exhibits' bytes: files, compression, archives; hashed as they are read.
