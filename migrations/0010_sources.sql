-- Where a contact was proven from lately stands with its user, in the row that every sign-in writes: in a table of its own it
-- cost each sign-in a random page and an index more. What the table knew is forgotten: it held two extra sends per contact.
ALTER TABLE users ADD COLUMN sources BLOB;
DROP TABLE proven_sources;
