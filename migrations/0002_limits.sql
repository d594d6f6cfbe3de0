-- Sliding windows: times holds the last times in ms, 13 digits each, oldest first.
CREATE TABLE limits (
    app_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    subject BLOB NOT NULL,
    times TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, kind, subject)
) WITHOUT ROWID;
CREATE INDEX limits_by_end ON limits (expires_at);
