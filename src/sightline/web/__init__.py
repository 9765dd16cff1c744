"""The web app (ADR 19): pages for the casework, served by the program itself."""
