-- Exchange codes: a proven sign-in on its way to the device that will have the session. Looked up by the code alone, so its
-- MAC is unique over all apps.
CREATE TABLE exchange_codes (
    app_id BLOB NOT NULL,
    code_mac BLOB NOT NULL,
    -- 1: digits that whoever types them may redeem
    loose SMALLINT NOT NULL,
    challenge TEXT NOT NULL DEFAULT '',
    user_id BLOB NOT NULL,
    is_new SMALLINT NOT NULL,
    tenant_id BLOB,
    amr TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    session_end BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (app_id, code_mac)
) WITHOUT ROWID;
CREATE UNIQUE INDEX exchange_codes_by_mac ON exchange_codes (code_mac);
CREATE INDEX exchange_codes_by_end ON exchange_codes (expires_at);
