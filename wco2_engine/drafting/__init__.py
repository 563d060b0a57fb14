"""Catalogues drafted from downloads: what lies in a folder, for a person to look over."""
