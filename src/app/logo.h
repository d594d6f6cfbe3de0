/*
 * An app's logo as operators give it: a data: URI (RFC 2397).
 */
#ifndef KW_APP_LOGO_H
#define KW_APP_LOGO_H

#include "base/arena.h"

enum { LOGO_MAX = 8192, LOGO_URI_MAX = 11000 };

struct logo {
	const char *type; /* image/png, image/jpeg, image/webp or image/svg+xml */
	struct text bytes;
};

/* From "data:<type>;base64,…", at most LOGO_MAX bytes which begin as their type does. The bytes lie in the arena. */
MUST_USE int logo_read(struct arena *arena, struct text uri, struct logo *logo_r);

#endif
