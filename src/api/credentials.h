/*
 * What a request says about who sends it: HTTP Basic (RFC 7617), app_id and app_secret in the body, a bearer token
 * (RFC 6750). Reading only; the gate judges.
 */
#ifndef KW_API_CREDENTIALS_H
#define KW_API_CREDENTIALS_H

#include <jansson.h>

#include "api/gate.h"

struct credentials {
	struct text app_id; /* as sent; absent when none was */
	struct text secret;
	bool has_secret;    /* one was sent, even an unreadable one */
	bool broken;        /* unreadable, or Basic and body contradict each other */
	struct text bearer; /* absent without one */
};

/* json may be NULL. Texts are slices of the request or in op's arena. */
void credentials_read(struct op *op, const json_t *json, struct credentials *credentials);
/* Puts an app_id that came by Basic alone into the body, so that field tables see one form. */
void credentials_fill(const struct credentials *credentials, json_t *json);
/* The app they name, or NULL. */
const struct app *credentials_app(const struct credentials *credentials, const struct gate_callers *callers);

#endif
