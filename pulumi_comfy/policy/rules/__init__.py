"""The rules of this package, one family a file; `catalog.py` lists them all."""
