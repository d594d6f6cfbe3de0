-- What a signing key signs: 0 access tokens, 1 leases of licenses. Keys of one kind never verify what those of another signed.
ALTER TABLE signing_keys ADD COLUMN kind SMALLINT NOT NULL DEFAULT 0;
-- Licenses asked for with an Idempotency-Key, for a day: how the same call is known again. What it answered is derived anew:
-- license keys from the seed and a key of ours, so nothing here leads to one.
CREATE TABLE license_orders (
    app_id BLOB NOT NULL,
    order_mac BLOB NOT NULL,
    request_mac BLOB NOT NULL,
    seed BLOB NOT NULL,
    prefix TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, order_mac)
) WITHOUT ROWID;
CREATE INDEX license_orders_by_time ON license_orders (created_at);
