/*
 * Refresh tokens as text, and what one that does not rotate means: pure, no store.
 */
#ifndef KW_TOKEN_REFRESH_H
#define KW_TOKEN_REFRESH_H

#include "token/session_sql.h"

/* How long the same Idempotency-Key is answered again. */
enum { REFRESH_REPEAT_MS = 60 * 1000 };

/* Makes the key of refresh tokens' MACs. */
void refresh_start(const struct house *house);
void refresh_stop(void);

/* What a refresh token says. */
struct refresh {
	struct uuid app_id, session_id;
	uint32_t generation;
};

/* The form is in token.h. */
struct text refresh_write(struct arena *arena, const struct refresh *refresh);
/* Takes exactly what refresh_write makes under the same master key. */
MUST_USE int refresh_read(struct text t, struct refresh *refresh_r);

/* How a row knows an Idempotency-Key again, sent with that token and that request body. */
struct refresh_repeat refresh_repeat_of(const struct refresh *refresh, struct text idempotency_key, struct text body);

/* A genuine token, and how it was presented. */
struct refresh_ask {
	uint32_t generation;
	const struct refresh_repeat *repeat; /* NULL without an Idempotency-Key */
	bool never_answered;                 /* the answer of the row's latest rotation is known to be lost */
	int64_t now, grace_ms;
};

enum refresh_verdict {
	REFRESH_CURRENT,       /* rotates; of a session that a restore kept, also a generation above the row's */
	REFRESH_AGAIN,         /* answer the successor once more */
	REFRESH_OTHER_REQUEST, /* the Idempotency-Key came with another body */
	REFRESH_REPLAYED,      /* an older generation: theft, or a client that forked */
	REFRESH_ENDED,         /* the session is over, or was restored from a time before this generation */
	REFRESH_USER_DELETED
};
enum refresh_verdict refresh_judge(const struct session_row *row, const struct refresh_ask *ask);

#endif
