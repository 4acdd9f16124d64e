"""What the tests of policies share."""
