"""Render leads as text and pictures: place table, map, report, lead sheet. Pure functions: data in, text out."""
