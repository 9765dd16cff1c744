"""The rooms: a folder for each page, with its handlers, templates and words."""
