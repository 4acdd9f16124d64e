"""The inference check: an API that says «deployed» has not rendered an image, so a real run is made and judged."""
