"""What inner loops are made of: vectors, and functions spelled out in them."""
