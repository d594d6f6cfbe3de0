/*
 * What a signed token of ours says (RFC 7519, RFC 8725), read back.
 */
#ifndef KW_TOKEN_CLAIMS_H
#define KW_TOKEN_CLAIMS_H

#include <jansson.h>

#include "token/key.h"

/* The claims of a token of that typ that a key of the set signed for us: iss is ours. To be released with json_decref; NULL
 * for whatever else. Times are not judged. */
json_t *claims_open(struct op *op, const struct key_set *keys, const char *type, struct text token);

MUST_USE int claims_id(const json_t *claims, const char *name, struct uuid *id_r);
/* A time in whole seconds. */
MUST_USE int claims_time(const json_t *claims, const char *name, int64_t *seconds_r);
/* In the arena. */
MUST_USE int claims_text(struct arena *arena, const json_t *claims, const char *name, struct text *text_r);

/* Of a genuine token: TOKEN_INVALID when it is from the future by more than a minute, TOKEN_EXPIRED at its end. */
enum err claims_judge_times(const struct op *op, int64_t iat, int64_t exp);

#endif
