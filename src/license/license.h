/*
 * Licenses: found by a key, and held by devices. The store has a keyed MAC of each key, unique in its app, and a hint for
 * support; nothing in it leads to a key.
 *
 * Rule of failure: enum err, whose refusals consume nothing.
 */
#ifndef KW_LICENSE_LICENSE_H
#define KW_LICENSE_LICENSE_H

#include "license/license_name.h"
#include "token/token.h"

struct license {
	struct uuid app_id, license_id;
	struct text key_hint;
	int64_t created_at, expires_at, revoked_at; /* ms; 0: never */
	int64_t max_activations, activations_used;
	int64_t slot_freed_at;          /* when the last remembered slot was freed; 0: none is remembered */
	int64_t version;                /* raised by every change but those of its slots */
	struct uuid user_id, tenant_id; /* its owners; nil: none */
	struct text entitlements;       /* a JSON object; absent: empty */
	struct text metadata;           /* the same; only where the server reads it */
	struct text revoke_reason;      /* only where the server reads it; absent: none was given */
};

MUST_USE int license_start(const struct house *house);
void license_stop(void);

/* By its key, for whoever came with it: wrong keys count against op's client, and when its budget is spent, right ones are
 * refused like wrong ones. LICENSE_NOT_FOUND, RATE_LIMITED. */
MUST_USE enum err license_find(
	struct op *op, const struct app *app, const struct license_name *name, struct uuid *license_id_r);
/* Whole. LICENSE_NOT_FOUND. */
MUST_USE enum err license_get(struct op *op, struct uuid app_id, struct uuid license_id, struct license *license_r);

enum { LICENSE_ENTITLEMENTS_MAX = 1024, LICENSE_ENTITLEMENTS_COUNT = 64 }; /* bytes as compact JSON; names */
/* What a license is issued for. */
struct license_terms {
	const struct app *app;
	int64_t max_activations;
	int64_t expires_at, duration_days; /* one of them, or neither: it never ends */
	struct uuid user_id, tenant_id;    /* nil: none */
	struct text entitlements, metadata;
	struct text key;          /* as license_name_show has it; absent: a fresh one of ours */
	struct license_name name; /* of that key */
};
struct license_issued {
	struct license license;
	struct text key; /* as it is handed out, a secret */
};
/* Issues count of them into issued_r; with op's Idempotency-Key the same again. TENANT_NOT_FOUND, USER_NOT_FOUND, ALREADY_EXISTS
 * (a custom key), IDEMPOTENCY_KEY_REUSED. */
MUST_USE enum err license_issue(
	struct op *op, const struct license_terms *terms, int64_t count, struct license_issued *issued_r);

/* What a PATCH changes; NULL stays as it is. */
struct license_change {
	const int64_t *max_activations, *expires_at; /* 0: it never ends */
	const struct uuid *user_id, *tenant_id;      /* nil: no such owner any more */
	const struct text *entitlements, *metadata;  /* patches (RFC 7396); absent: nothing remains */
};
/* Each of these returns the license as it then is, whole. LICENSE_NOT_FOUND; further: */
/* TENANT_NOT_FOUND, USER_NOT_FOUND; VALIDATION_ERROR when what is merged becomes too large or gets too many names. */
MUST_USE enum err license_change(struct op *op, struct uuid app_id, struct uuid license_id,
	const struct license_change *change, struct license *license_r);
/* A fresh key in place of the old one; its devices keep their slots. LICENSE_REVOKED. */
MUST_USE enum err license_reissue(
	struct op *op, const struct app *app, struct uuid license_id, struct license_issued *issued_r);
/* To expires_at, or 0: duration_days more. With op's Idempotency-Key not twice. LICENSE_REVOKED, IDEMPOTENCY_KEY_REUSED. */
MUST_USE enum err license_renew(struct op *op, const struct app *app, struct uuid license_id, int64_t expires_at,
	int64_t duration_days, struct license *license_r);
/* For good. LICENSE_ALREADY_REVOKED. */
MUST_USE enum err license_revoke(
	struct op *op, struct uuid app_id, struct uuid license_id, struct text reason, struct license *license_r);

/* The user, or the tenant, owns no license any more; the licenses go on. For what is erased, after its row. */
MUST_USE enum err license_forget_user(struct op *op, struct uuid app_id, struct uuid user_id);
MUST_USE enum err license_forget_tenant(struct op *op, struct uuid app_id, struct uuid tenant_id);

extern const struct action license_issue_action, license_list_action, license_show_action, license_change_action,
	license_lookup_action, license_reissue_action, license_renew_action, license_revoke_action,
	license_devices_action, license_free_action;
extern const struct action license_verify_action, license_activate_action, license_deactivate_action;
extern const struct action license_mine_action, license_free_mine_action;

/* jobs.def */
void license_prune(void);
void license_seen(void);

#endif
