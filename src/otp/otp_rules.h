/*
 * The pure part of one-time passwords: no store, no clock.
 */
#ifndef KW_OTP_OTP_RULES_H
#define KW_OTP_OTP_RULES_H

#include "otp/otp_sql.h"

/* "otp_…" of the row's key. */
struct text otp_rules_write_id(struct arena *arena, struct uuid app_id, const struct otp_id *id);
/* Fails on whatever otp_rules_write_id would not write. */
MUST_USE int otp_rules_read_id(struct text request_id, struct uuid *app_id_r, struct otp_id *id_r);

struct otp_question {
	struct uuid app_id; /* who asks */
	struct text purpose;
	int64_t now, max_tries;
};
/* Why a code cannot be tried, first that applies: OTP_WRONG_APP, OTP_WRONG_PURPOSE, OTP_ALREADY_USED, OTP_LOCKED,
 * OTP_EXPIRED. ERR_NONE: it can. */
enum err otp_rules_judge(const struct otp_row *row, const struct otp_question *question);

/* How a sign-in by such a code is called in a token (RFC 8176 amr, own values). */
const char *otp_rules_amr(enum contact_kind kind);

#endif
