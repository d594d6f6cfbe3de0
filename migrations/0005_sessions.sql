-- One row per session; its refresh tokens are the generations of this row.
CREATE TABLE sessions (
    app_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    auth_time BIGINT NOT NULL,
    amr TEXT NOT NULL,
    last_used_at BIGINT NOT NULL,
    idle_until BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL DEFAULT 0,
    tenant_id BLOB,
    ip TEXT,
    user_agent TEXT,
    -- of the latest rotation: which operation it was, and how its Idempotency-Key and body are known again
    rotated_by TEXT,
    idempotency_mac BLOB,
    PRIMARY KEY (app_id, session_id)
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (app_id, user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);
-- Keys that sign tokens. They belong to the whole house: app_id is nil, and leads the key like everywhere.
CREATE TABLE signing_keys (
    app_id BLOB NOT NULL,
    kid TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    active_at BIGINT NOT NULL,
    retired_at BIGINT NOT NULL DEFAULT 0,
    gone_at BIGINT NOT NULL DEFAULT 0,
    sealed_key BLOB NOT NULL,
    PRIMARY KEY (app_id, kid)
) WITHOUT ROWID;
