"""What the formats of results are called. Apart from what makes them, so that a help text need not import that."""

FORMATS = ("csv", "tsv", "json", "jsonl", "plain", "hex")
BINARY = ("npy", "npz")  # made in files.py and streams.py
