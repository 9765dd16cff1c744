"""Translations of the texts that people read: messages of pages, and sentences of lead sheets, reports and errors."""
