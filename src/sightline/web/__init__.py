"""The operations room (ADR 19): pages over the casework, served by the program itself."""
