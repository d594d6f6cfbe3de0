#include "license/license_name.h"

enum { CUSTOM_MIN = 8, CUSTOM_MAX = 128, CUSTOM_HINT_MAX = 4 };

static struct mac_key *name_key;

void license_name_start(const struct house *house)
{
	name_key = mac_key_new(house->master, "license key");
}

void license_name_stop(void)
{
	mac_key_free(name_key);
	name_key = NULL;
}

static struct license_name name_of(struct uuid app_id, struct text key)
{
	struct license_name name;
	MAC_SUM(name_key, name.mac, text_bytes(&app_id, sizeof app_id), key);
	return name;
}

static bool is_custom(struct text typed)
{
	return typed.n >= CUSTOM_MIN && typed.n <= CUSTOM_MAX && text_is_printable(typed);
}

enum err license_name_read(const struct app *app, struct text typed, struct license_name *name_r)
{
	struct license_key key;
	const enum err err = license_key_read(typed, &key);
	if (err != ERR_NONE && !(app->accept_custom_keys && is_custom(typed)))
		return err;
	*name_r = name_of(app->id, err == ERR_NONE ? license_key_canonical(&key) : typed);
	secret_wipe(&key, sizeof key);
	return ERR_NONE;
}

struct license_name license_name_of(struct uuid app_id, const struct license_key *key)
{
	return name_of(app_id, license_key_canonical(key));
}

struct text license_name_show(struct arena *arena, struct text typed)
{
	struct license_key *key = ARENA_NEW(arena, struct license_key);
	return license_key_read(typed, key) == ERR_NONE ? license_key_show(arena, key) : typed;
}

struct text license_name_hint(struct arena *arena, struct text typed)
{
	struct license_key *key = ARENA_NEW(arena, struct license_key);
	if (license_key_read(typed, key) == ERR_NONE)
		return license_key_hint(arena, key);
	/* at most a quarter of it */
	const size_t end = typed.n / 4 < CUSTOM_HINT_MAX ? typed.n / 4 : CUSTOM_HINT_MAX;
	return arena_printf(arena, "***%.*s", (int)end, typed.p + typed.n - end);
}
