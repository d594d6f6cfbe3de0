-- What an app's server gives its users: metadata, and contacts that nobody has proven yet. Whoever was here before was proven.
ALTER TABLE users ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN email_proven SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN phone_proven SMALLINT NOT NULL DEFAULT 1;
-- How often all sessions of the user were ended at once: a sign-in that waits as an exchange code is void when it was since.
ALTER TABLE users ADD COLUMN sign_outs BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exchange_codes ADD COLUMN sign_outs BIGINT NOT NULL DEFAULT 0;
-- A code that is to change a contact: whose, and when what it proved was spent.
ALTER TABLE otps ADD COLUMN user_id BLOB;
ALTER TABLE otps ADD COLUMN spent_at BIGINT NOT NULL DEFAULT 0;
