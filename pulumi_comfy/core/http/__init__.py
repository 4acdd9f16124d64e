"""HTTP as every platform is asked: one client, and a dialect for what each does otherwise."""
