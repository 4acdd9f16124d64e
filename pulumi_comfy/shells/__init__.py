"""The ways Pulumi reaches the core: today the dynamic provider, which needs nothing but `pip install`."""
