-- Tenants: whom an app's users act for. A slug is a second name for addresses; without one it is NULL.
CREATE TABLE tenants (
    app_id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    name TEXT NOT NULL,
    slug TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, tenant_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX tenants_by_slug ON tenants (app_id, slug);
-- Roles of users in tenants. The key is what a token asks for. role_id is the assignment's UUID of version 7, which lists go
-- by; its time is when the role was assigned.
CREATE TABLE roles (
    app_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    role TEXT NOT NULL,
    role_id BLOB NOT NULL,
    PRIMARY KEY (app_id, user_id, tenant_id, role),
    FOREIGN KEY (app_id, tenant_id) REFERENCES tenants (app_id, tenant_id) ON DELETE CASCADE,
    FOREIGN KEY (app_id, user_id) REFERENCES users (app_id, user_id) ON DELETE CASCADE
) WITHOUT ROWID;
-- lists of a tenant, and its deletion
CREATE INDEX roles_by_tenant ON roles (app_id, tenant_id, role_id);
