"""What the black-box tests share: a server to talk to, clients that talk to it, and what an answer must look like."""
