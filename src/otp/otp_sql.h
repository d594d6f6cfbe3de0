/* Statements and rows of the otp room. */
#ifndef KW_OTP_OTP_SQL_H
#define KW_OTP_OTP_SQL_H

#include "otp/otp.h"

/* Leads with its time, so that rows are added at the end of an app's range. */
struct otp_id {
	uint8_t time[ID_TIME_SIZE];
	uint8_t random[16];
};

struct otp_row {
	struct uuid app_id;
	struct otp_id id;
	struct text purpose;
	struct contact contact;
	struct text code_mac;
	int64_t tries, created_at, expires_at, used_at;
	struct uuid user_id; /* who asked, of OTP_CHANGE_CONTACT; else nil */
};

MUST_USE int otp_sql_insert(struct op *op, const struct otp_row *row);
/* The row of asked's key. */
MUST_USE enum db_found otp_sql_get(struct op *op, const struct otp_row *asked, struct otp_row *row_r);

/* The judgement in one statement: if the code is live (unused, tries left, in time, of that purpose), a wrong one spends a
 * try, a right one is consumed at asked->used_at (0: left as it is). DB_NONE: not live. Else row_r is the row as it now
 * stands: its code_mac tells right from wrong, its tries counts the wrong ones. */
MUST_USE enum db_found otp_sql_try(
	struct op *op, const struct otp_row *asked, int64_t max_tries, struct otp_row *row_r);

/* Ends all that are not used: they are expired. */
MUST_USE int otp_sql_void(struct db_tx *tx);
/* Takes the proof of a code that was right, once, at op->now: the row of that key, user and purpose, DB_NONE when there is none
 * whose proof was not taken. */
MUST_USE enum db_found otp_sql_take(struct op *op, const struct otp_row *asked, struct otp_row *row_r);
/* Removes PRUNE_ROWS rows, or fewer, that expired before that time. */
MUST_USE int otp_sql_prune(struct db_tx *tx, int64_t expired_before);

#endif
