"""The version of the package, declared once."""

__version__ = "0.1.0"
