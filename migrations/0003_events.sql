-- Audit events: append only.
CREATE TABLE events (
    app_id BLOB NOT NULL,
    event_id BLOB NOT NULL,
    at BIGINT NOT NULL,
    type TEXT NOT NULL,
    user_id BLOB,
    session_id BLOB,
    request_id TEXT NOT NULL,
    ip TEXT,
    user_agent TEXT,
    contact TEXT,
    detail TEXT,
    PRIMARY KEY (app_id, event_id)
) WITHOUT ROWID;
