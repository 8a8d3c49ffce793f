"""Compiled parts that several methods share: products of rows, draws, and the logistic loss."""
