-- Messages on their way out, sealed; a row is erased when its message was delivered or has no use any more.
CREATE TABLE outbox (
    app_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    tries SMALLINT NOT NULL DEFAULT 0,
    claimed_until BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (app_id, message_id)
) WITHOUT ROWID;
