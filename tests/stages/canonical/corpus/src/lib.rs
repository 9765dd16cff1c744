//! Empty: only the dependencies are wanted.
