"""One reader per format: a file becomes sections of text."""
