"""Models to schema.json, to typed Python classes, to docs pages: `python -m pulumi_comfy.schema`.

For whoever works on this package; a user's program and the provider's process never load it. The steps, each from the
one before: `package` (models to schema), `python` (schema to classes), `docs` (schema to pages), `files` (all of it).
"""
