/* HTTP Basic credentials (RFC 7617) for tests. */
#ifndef KW_TESTS_API_BASIC_H
#define KW_TESTS_API_BASIC_H

#include "base/enc.h"

/* The Authorization header of "user:password", in the arena. */
static inline const char *basic(struct arena *arena, const char *pair)
{
	struct buf out;
	buf_init(&out, arena, 96);
	buf_add(&out, TEXT("Basic "));
	enc_base64_add(&out, pair, strlen(pair));
	return buf_text(&out).p;
}

#endif
