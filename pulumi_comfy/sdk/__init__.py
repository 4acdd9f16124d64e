"""What a user's program imports: the resource classes. Only `pulumi` and the standard library are loaded here.

`comfydeploy/` is generated from the models by `make generate`; the underscore modules are written by hand.
"""
