-- Messages on their way out, sealed; a row is erased when its message was delivered or has no use any more. Whoever claimed
-- a row is the only one to send it until claimed_until.
CREATE TABLE outbox (
    app_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL,
    tries SMALLINT NOT NULL DEFAULT 0,
    sealed BLOB NOT NULL,
    PRIMARY KEY (app_id, message_id)
) WITHOUT ROWID;
CREATE INDEX outbox_by_claim ON outbox (claimed_until);
