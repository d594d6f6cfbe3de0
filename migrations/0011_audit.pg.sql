-- Audit events are chained, app by app. An event is recorded with a digest of its personal fields under a salt of its own, and
-- a MAC over the digest and all the rest; the chain links these MACs. So the personal fields and the salt can be dropped: then
-- forgotten is a MAC of ours that says we did it.
ALTER TABLE events ADD COLUMN salt BLOB;
ALTER TABLE events ADD COLUMN digest BLOB;
ALTER TABLE events ADD COLUMN mac BLOB;
ALTER TABLE events ADD COLUMN forgotten BLOB;
-- Events recorded before this prove nothing and are never chained. No other event is in this. (It holds all columns that a
-- search for them names: else SQLite would rather read all events of the app.)
CREATE INDEX events_unproven ON events (app_id, mac, user_id, contact) WHERE mac IS NULL;

-- Events that wait to be chained, put here with their event: what is needed of them for it.
CREATE TABLE event_queue (
    app_id BLOB NOT NULL,
    event_id BLOB NOT NULL,
    mac BLOB,
    user_id BLOB,
    contact TEXT,
    PRIMARY KEY (app_id, event_id)
);
CREATE FUNCTION events_wait() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO event_queue (app_id, event_id, mac, user_id, contact)
    VALUES (NEW.app_id, NEW.event_id, NEW.mac, NEW.user_id, NEW.contact);
    RETURN NULL;
END $$;
CREATE TRIGGER events_wait AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION events_wait();

-- The chains: append only. subject is a short MAC of the user's id or, without one, of the contact; found stretch by stretch,
-- so that adding to the index touches few pages.
CREATE TABLE event_seals (
    app_id BLOB NOT NULL,
    seq BIGINT NOT NULL,
    event_id BLOB NOT NULL,
    link BLOB NOT NULL,
    subject BLOB,
    PRIMARY KEY (app_id, seq)
);
CREATE UNIQUE INDEX event_seals_by_event ON event_seals (app_id, event_id);
CREATE INDEX event_seals_by_subject ON event_seals (app_id, (seq / 4096), subject) WHERE subject IS NOT NULL;

-- Where each chain ends. mac covers the rest but forgets, which counts how often someone was forgotten.
CREATE TABLE event_chains (
    app_id BLOB NOT NULL,
    seq BIGINT NOT NULL,
    link BLOB NOT NULL,
    begun_at BIGINT NOT NULL,
    mac BLOB NOT NULL,
    forgets BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (app_id)
);

-- Who is to be forgotten, where one operation was not enough: a user, or a contact of events that know no user. All before seq
-- is done. mac covers the rest: only we give such orders.
CREATE TABLE event_orders (
    app_id BLOB NOT NULL,
    order_id BLOB NOT NULL,
    user_id BLOB,
    contact TEXT,
    seq BIGINT NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (app_id, order_id)
);
