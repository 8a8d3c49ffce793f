"""Recurrent cells: each a layer that reads a sequence in one direction."""
