"""`pulumi-comfy promote`, `rollback`, `history` and `unmark`."""
