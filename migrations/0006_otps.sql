-- One-time passwords. otp_id leads with its time, so that rows are added at the end.
CREATE TABLE otps (
    app_id BLOB NOT NULL,
    otp_id BLOB NOT NULL,
    purpose TEXT NOT NULL,
    contact_kind SMALLINT NOT NULL,
    contact TEXT NOT NULL,
    contact_spelling TEXT NOT NULL,
    code_mac BLOB NOT NULL,
    tries SMALLINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (app_id, otp_id)
) WITHOUT ROWID;
CREATE INDEX otps_by_end ON otps (expires_at);
-- Where a contact was proven from lately: such a source keeps sends of its own.
CREATE TABLE proven_sources (
    app_id BLOB NOT NULL,
    source_mac BLOB NOT NULL,
    proven_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, source_mac)
) WITHOUT ROWID;
CREATE INDEX proven_sources_by_time ON proven_sources (proven_at);
