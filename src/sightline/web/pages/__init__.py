"""Pages of the web app: a folder for each, with its handlers, templates and messages."""
