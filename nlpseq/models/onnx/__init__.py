"""Models as ONNX graphs: what is exported, and what answers without torch."""
