"""The formats of training rows: every one read into the same records and written from them."""
