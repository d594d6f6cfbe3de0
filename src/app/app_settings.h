/*
 * What an operator may set on an app, and how it is kept: one JSON object in the app's row.
 */
#ifndef KW_APP_APP_SETTINGS_H
#define KW_APP_APP_SETTINGS_H

#include "app/app.h"

enum { REDIRECTS_MAX = 20 };

struct app_settings {
#define APP_SETTING(name, kind, ...) field_##kind##_member name;
#include "app/app_settings.def"
#undef APP_SETTING
};

extern const struct app_settings APP_SETTINGS_STANDARD;

/* An Origin as browsers send it (RFC 6454): scheme, host and port, lower case, no path. */
bool app_settings_is_origin(struct text origin);
struct text app_settings_write(struct arena *arena, const struct app_settings *settings);
/* Reads what app_settings_write wrote into the arena; absent members are standard. */
MUST_USE int app_settings_read(struct arena *arena, struct text json, struct app_settings *settings_r);
/* The members, into an open object. */
void app_settings_emit(struct emit *json, const struct app_settings *settings);

#endif
