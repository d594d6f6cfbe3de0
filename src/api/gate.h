/*
 * Who calls, from where, and may they: the order of refusals of API section 1, up to the endpoint's own.
 */
#ifndef KW_API_GATE_H
#define KW_API_GATE_H

#include "api/router.h"
#include "core/house.h"

struct app;

/* The rooms that know callers stand above this floor; main/endpoints.c hands them down. */
struct gate_callers {
	const struct app *(*app_find)(struct uuid id); /* NULL: unknown */
	const struct app *(*app_sole)(void);           /* the one app there is; NULL: none, or several */
	bool (*app_secret_fits)(
		const struct app *app, struct text secret, int64_t now);      /* app may be NULL; same time */
	bool (*app_allows_origin)(const struct app *app, struct text origin); /* app NULL: any app */
	bool (*app_requires_secret)(const struct app *app);
	enum err (*user)(struct op *op, struct text bearer); /* without the store */
	enum err (*user_live)(struct op *op);                /* in a transaction */
};

void gate_start(const struct house *house, const struct gate_callers *callers);

/* Fills who op's client is: address behind trusted proxies, user agent. */
void gate_client(struct op *op);
/* MISDIRECTED_REQUEST unless Host names this server. */
enum err gate_host(const struct op *op);
/* For a preflight: FORBIDDEN unless some app lists the Origin, which is then allowed in op->cors_origin. */
enum err gate_preflight(struct op *op);

/* Everything that needs no transaction: type, JSON, origin, proof, fields, app, budgets, the action's judge. Fills op->body. For
 * user callers, and calls of apps that need their user, VALIDATION_ERROR is left to gate_live, since an ended session outranks
 * it. path_params as the router found them. For pages: where the form comes from, its type, fields, the address's budget;
 * op->body is never NULL where the action has fields. */
enum err gate_pass(struct op *op, const struct text *path_params);
/* The rest, in the transaction. */
enum err gate_live(struct op *op);

#endif
