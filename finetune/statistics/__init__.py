"""Files of rows in figures, and rows read by hand."""
