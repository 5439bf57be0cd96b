"""A company's tickets, chats, scripts and documents, made into rows to train on."""
