"""What a declared resource costs an hour: prices with date and source, and arithmetic. Nothing here asks anybody."""
