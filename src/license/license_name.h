/*
 * The name by which the store knows a license key: a keyed MAC over the app and the key in its canonical form. Reads no
 * store, so that what cannot be a key waits for nobody.
 */
#ifndef KW_LICENSE_LICENSE_NAME_H
#define KW_LICENSE_LICENSE_NAME_H

#include "app/app.h"
#include "license/license_key.h"

struct license_name {
	uint8_t mac[MAC_SIZE];
};

void license_name_start(const struct house *house);
void license_name_stop(void);

/* Of a key as it was typed. With accept_custom_keys also of any other 8 to 128 characters of printable ASCII, as they stand.
 * LICENSE_INVALID. */
MUST_USE enum err license_name_read(const struct app *app, struct text typed, struct license_name *name_r);
/* Of a key that we made for that app. */
struct license_name license_name_of(struct uuid app_id, const struct license_key *key);
/* A key that has a name as it is handed out: see license_key_show; a custom one as it stands. */
struct text license_name_show(struct arena *arena, struct text typed);
/* What support sees of it: see license_key_hint; of a custom one its end alone, "***1A7F". */
struct text license_name_hint(struct arena *arena, struct text typed);

#endif
