-- Magic links. The link and the code of one mail are two faces of one row. link_id is a UUID of version 7, so that rows are
-- added at the end.
CREATE TABLE magic_links (
    app_id BLOB NOT NULL,
    link_id BLOB NOT NULL,
    token_mac BLOB NOT NULL,
    flow_mac BLOB NOT NULL,
    code_mac BLOB NOT NULL,
    code_tries SMALLINT NOT NULL DEFAULT 0,
    -- enum magic_way, and whether only who holds the flow token may verify
    way SMALLINT NOT NULL,
    bound SMALLINT NOT NULL,
    contact TEXT NOT NULL,
    contact_spelling TEXT NOT NULL,
    redirect_uri TEXT,
    state TEXT,
    challenge TEXT NOT NULL DEFAULT '',
    tenant_id BLOB,
    locale TEXT,
    -- who asked
    ip TEXT,
    user_agent TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    approved_at BIGINT NOT NULL DEFAULT 0,
    used_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (app_id, link_id)
) WITHOUT ROWID;
CREATE INDEX magic_links_by_token ON magic_links (token_mac);
CREATE INDEX magic_links_by_end ON magic_links (expires_at);
