/*
 * What an operator may set on an app, and how it is kept: one JSON object in the app's row.
 */
#ifndef KW_APP_APP_SETTINGS_H
#define KW_APP_APP_SETTINGS_H

#include "app/app.h"

/* The settings of `app set`, in the order they are shown. Members of struct app of the same names. */
struct app_settings {
	struct text_list allowed_origins;
	bool require_secret;
	struct text signup; /* "open" or "closed" */
	struct text_list session_purposes;
};

extern const struct app_settings APP_SETTINGS_STANDARD;

/* An Origin as browsers send it (RFC 6454): scheme, host and port, lower case, no path. */
bool app_settings_is_origin(struct text origin);
struct text app_settings_write(struct arena *arena, const struct app_settings *settings);
/* Reads what app_settings_write wrote; absent members are standard. */
MUST_USE int app_settings_read(struct arena *arena, struct text json, struct app_settings *settings_r);
/* The members, into an open object. */
void app_settings_emit(struct emit *json, const struct app_settings *settings);

#endif
