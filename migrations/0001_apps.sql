-- Apps. The secrets' keyed MACs stand beside the settings because every call needs all of it at once.
CREATE TABLE apps (
    app_id BLOB NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    secret_mac BLOB NOT NULL,
    old_secret_mac BLOB,
    old_secret_until BIGINT NOT NULL DEFAULT 0,
    settings TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (app_id)
) WITHOUT ROWID;
-- One number per cached table, raised by every change, so that other nodes see that they must read again.
CREATE TABLE versions (
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;
INSERT INTO versions (name, version) VALUES ('apps', 1), ('signing_keys', 1);
