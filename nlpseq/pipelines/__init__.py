"""Pipelines: files of stages, the stages, and the runner."""
