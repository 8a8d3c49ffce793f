"""The training loop: its settings, its history, and the loop itself, in plain torch."""
