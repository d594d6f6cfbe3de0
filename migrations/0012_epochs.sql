-- When the store was restored from a backup: what was handed out for one use before the latest of these is void. They belong
-- to the whole house: app_id is nil.
CREATE TABLE epochs (
    app_id BLOB NOT NULL,
    started_at BIGINT NOT NULL,
    kept_sessions SMALLINT NOT NULL,
    PRIMARY KEY (app_id, started_at)
) WITHOUT ROWID;
-- 1: a restore kept this session, and its client may hold a later generation than the row says. Its next rotation takes it.
ALTER TABLE sessions ADD COLUMN restored SMALLINT NOT NULL DEFAULT 0;
