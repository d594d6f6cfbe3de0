-- Licenses. The key is kept as a keyed MAC, and as a hint for support.
CREATE TABLE licenses (
    app_id BLOB NOT NULL,
    license_id BLOB NOT NULL,
    key_mac BLOB NOT NULL,
    key_hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL DEFAULT 0,
    revoked_at BIGINT NOT NULL DEFAULT 0,
    revoke_reason TEXT,
    max_activations BIGINT NOT NULL,
    -- how many rows of activations hold a slot: whoever changes one changes both, this one first
    activations_used BIGINT NOT NULL DEFAULT 0,
    -- when a slot was last freed whose row is remembered: without one of late, any slot is like any other
    slot_freed_at BIGINT NOT NULL DEFAULT 0,
    -- raised by every change but that of its slots: a lease that was signed before is not answered again
    version BIGINT NOT NULL DEFAULT 1,
    user_id BLOB,
    tenant_id BLOB,
    entitlements TEXT,
    metadata TEXT,
    PRIMARY KEY (app_id, license_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX licenses_by_key ON licenses (app_id, key_mac);
CREATE INDEX licenses_by_user ON licenses (app_id, user_id, license_id) WHERE user_id IS NOT NULL;
CREATE INDEX licenses_by_tenant ON licenses (app_id, tenant_id, license_id) WHERE tenant_id IS NOT NULL;
CREATE INDEX licenses_revoked ON licenses (app_id, license_id) WHERE revoked_at > 0;
-- Slots of licenses. A device is a keyed MAC of license and device id. A freed slot's row stays while it matters who takes it
-- next, without the device's name.
CREATE TABLE activations (
    app_id BLOB NOT NULL,
    license_id BLOB NOT NULL,
    device BLOB NOT NULL,
    activation_id BLOB NOT NULL,
    device_name TEXT,
    activated_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    -- 0: the device holds its slot
    freed_at BIGINT NOT NULL DEFAULT 0,
    -- 1: whoever takes it counts as an exchange of devices
    counts SMALLINT NOT NULL DEFAULT 0,
    -- until when the device may go on by its last lease, though another freed its slot
    held_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (app_id, license_id, device)
) WITHOUT ROWID;
CREATE INDEX activations_freed ON activations (freed_at) WHERE freed_at > 0;
