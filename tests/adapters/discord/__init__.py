"""Discord: pure modules with plain values, the client with real discord.py through simcord."""
