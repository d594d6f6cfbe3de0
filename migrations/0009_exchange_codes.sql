-- Exchange codes: a proven sign-in on its way to the device that will have the session. Looked up by the code alone, so its
-- MAC is unique over all apps, and leads the key.
CREATE TABLE exchange_codes (
    code_mac BLOB NOT NULL,
    app_id BLOB NOT NULL,
    -- 1: digits that whoever types them may redeem
    loose SMALLINT NOT NULL,
    challenge TEXT NOT NULL DEFAULT '',
    user_id BLOB NOT NULL,
    is_new SMALLINT NOT NULL,
    tenant_id BLOB,
    amr TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    session_end BIGINT NOT NULL,
    -- the session that is handed over: redeems only while it lives
    from_session BLOB,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (code_mac)
) WITHOUT ROWID;
CREATE INDEX exchange_codes_by_end ON exchange_codes (expires_at);
-- how many loose ones are alive decides how long the next one is
CREATE INDEX exchange_codes_loose ON exchange_codes (expires_at) WHERE loose = 1 AND used_at = 0;
