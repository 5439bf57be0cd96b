"""What somebody else's program sees: print the metadata of an entry as JSON; path, collection and id are the arguments."""

import json
import sys

import chromadb

client = chromadb.PersistentClient(sys.argv[1])
found = client.get_collection(sys.argv[2], embedding_function=None).get([sys.argv[3]])
sys.stdout.write(json.dumps((found["metadatas"] or [{}])[0]))
