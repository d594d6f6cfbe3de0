-- Users. email and phone are canonical (what identity compares); email_spelling is what mail goes to.
CREATE TABLE users (
    app_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    email TEXT,
    email_spelling TEXT,
    phone TEXT,
    created_at BIGINT NOT NULL,
    last_sign_in_at BIGINT NOT NULL DEFAULT 0,
    deleted_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (app_id, user_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_email ON users (app_id, email);
CREATE UNIQUE INDEX users_by_phone ON users (app_id, phone);
