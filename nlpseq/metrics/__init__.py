"""Figures, each with the signature that makes it comparable."""
