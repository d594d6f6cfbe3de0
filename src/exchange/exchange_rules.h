/*
 * The pure part of exchange codes: no store, no clock.
 */
#ifndef KW_EXCHANGE_EXCHANGE_RULES_H
#define KW_EXCHANGE_EXCHANGE_RULES_H

#include "exchange/exchange_sql.h"

enum { EXCHANGE_DIGITS_MIN = 8, EXCHANGE_DIGITS_MAX = 12, EXCHANGE_LOOSE_MAX = 10000 };

/* How many digits an unbound code has when alive of them are, itself included: 8 + ⌈log10 alive⌉. alive is at most
 * EXCHANGE_LOOSE_MAX. */
int64_t exchange_rules_length(int64_t alive);

struct exchange_question {
	const struct app *app; /* the code's app as it is now; NULL: gone */
	struct uuid app_id;    /* that the caller named or proved; nil: none */
	bool proven;
	struct text code_verifier; /* absent: not sent */
	int64_t now;
};
/* Whether the caller may have codes of that app. */
bool exchange_rules_is_for(struct uuid app_id, const struct exchange_question *question);
/* exchange_code_not_found for whatever does not fit, or ERR_NONE: the code may be consumed. */
enum err exchange_rules_judge(const struct exchange_row *row, const struct exchange_question *question);

#endif
