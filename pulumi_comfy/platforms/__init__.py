"""The platforms: one folder each, which states only how it differs."""
