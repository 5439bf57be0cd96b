"""What people write in tickets, mails and chats, cleaned for training: pure functions, a file for each job."""
