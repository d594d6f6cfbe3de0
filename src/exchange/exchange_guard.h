/*
 * What stands between a code and its guessers: the address lock, the breaker of unbound digits, the budget of digits that an
 * app's server sends for nobody in particular. All but the last are windows of the store.
 *
 * The lock: failures of an address within an hour, exchange.max_failures of them; the last sets the lock, which holds for
 * an hour from then and is not prolonged. An address is an IPv4 address or an IPv6 /64; a /48 has 16 times as many
 * failures and a lock of its own. Counted for strangers all together, for a proven app by itself. Without a known client
 * there is no lock.
 */
#ifndef KW_EXCHANGE_EXCHANGE_GUARD_H
#define KW_EXCHANGE_EXCHANGE_GUARD_H

#include "exchange/exchange.h"

enum exchange_kind {
	EXCHANGE_OPAQUE,
	EXCHANGE_LOOSE, /* digits without anything that binds them */
	EXCHANGE_BOUND  /* digits with a flow token or a code verifier */
};

/* See exchange_look. */
MUST_USE enum err exchange_guard_look(struct op *op, int64_t *left_ms_r);
/* Before a code is looked at: exchange_code_attempt_limit_exceeded or RATE_LIMITED, whatever the code. Costs nothing. */
MUST_USE enum err exchange_guard_enter(struct op *op, enum exchange_kind kind);
/* After it redeemed nothing: counts it. exchange_code_not_found, or the refusals of enter when others were faster. */
MUST_USE enum err exchange_guard_missed(struct op *op, enum exchange_kind kind);

struct exchange_stats exchange_guard_stats(void);

#endif
