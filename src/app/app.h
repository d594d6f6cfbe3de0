/*
 * Apps: who may call, with which secret, from which browsers, by which rules. Kept in the store, mirrored in memory, so
 * that no request waits to learn its app.
 */
#ifndef KW_APP_APP_H
#define KW_APP_APP_H

#include "api/action.h"
#include "core/event.h"
#include "core/house.h"

/* One app as of its latest change. Immutable; the pointer holds for at least a minute after the app has changed, which
 * outlives every operation. */
struct app {
	struct uuid id;
	struct text name;
	int64_t created_at;
	struct text_list allowed_origins; /* exact */
	struct text_list session_purposes;
	struct text_list redirect_uris; /* exact; the first is where a sign-in without one goes */
	bool require_secret;
	bool require_pkce; /* of whoever names a redirect_uri */
	bool signup_open;
	bool links_lead_to_app; /* link_target: the mail's link leads to the redirect_uri, not to our page */
	bool bind_links;        /* a link verifies only with its flow token */
	struct text license_prefix;
	bool accept_custom_keys; /* a string that is no license key of ours may be one all the same */
	bool lease_debt;   /* a slot that was freed by another than its device waits for that device's lease to end */
	struct text color; /* "#rrggbb"; absent: ours */
	struct text logo;  /* data: URI of an image (RFC 2397); absent: none */
	/* Keyed MACs of the live secrets; the older one holds until old_secret_until. */
	uint8_t secret_mac[MAC_SIZE], old_secret_mac[MAC_SIZE];
	int64_t old_secret_until;
};

/* Reads all apps. */
MUST_USE int app_start(const struct house *house);
void app_stop(void);

/* NULL when there is no such app. From any thread. */
const struct app *app_find(struct uuid id);
/* Whether secret is a live one of the app; app may be NULL: then false, in the same time. */
bool app_secret_fits(const struct app *app, struct text secret, int64_t now);
/* Whether a browser page of that origin may call: of app, or of any app when app is NULL. */
bool app_allows_origin(const struct app *app, struct text origin);
bool app_is_session_purpose(const struct app *app, struct text purpose);
/* Whether uri is one of its redirect_uris, byte for byte (RFC 9700 section 2.1). */
bool app_allows_redirect(const struct app *app, struct text uri);
bool app_requires_secret(const struct app *app);
/* For first start: an app with this name; the secret is shown this once (in the arena). */
MUST_USE enum err app_make(struct op *op, struct text name, struct uuid *id_r, struct text *secret_r);
size_t app_count(void);
/* The one app there is; NULL when there is none, or several. */
const struct app *app_sole(void);
/* The oldest app that fits; NULL when none does. */
const struct app *app_oldest(bool (*fits)(const struct app *app));
/* Makes uri the first of the app's redirect_uris, whatever stood where before; the rest follows. APP_NOT_FOUND. */
MUST_USE enum err app_lead_to(struct op *op, struct uuid id, struct text uri);
/* A new secret in op's arena, and what is kept of it. */
struct text app_new_secret(struct op *op, uint8_t mac[static MAC_SIZE]);
/* To be called by whoever changed a row: tells the other nodes, writes the event, reads the apps again after the commit. */
MUST_USE enum err app_changed(struct op *op, struct uuid id, enum event_type type);

/* jobs.def */
void app_reload(void);

extern const struct action app_create_action, app_list_action, app_show_action, app_set_action,
	app_rotate_secret_action;

#endif
