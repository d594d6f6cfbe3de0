/*
 * One-time passwords: a code of a few digits, sent to a contact, good for a few tries within minutes. Proves a contact and
 * hands over to signin.
 *
 * An otp_request_id is "otp_" and base64url of: app id (16 bytes) · time in ms (6) · 16 random bytes. The app leads, so
 * that the row is found by its key even when another app asks (OTP_WRONG_APP).
 */
#ifndef KW_OTP_OTP_H
#define KW_OTP_OTP_H

#include "deliver/deliver.h"
#include "signin/signin.h"

MUST_USE int otp_start(const struct house *house);
void otp_stop(void);

/* The purpose of a code that changes a contact of the user who asks for it: it never starts a session. */
extern const struct text OTP_CHANGE_CONTACT;

struct otp_order {
	const struct app *app;
	struct contact contact;
	struct text purpose, locale;
	struct uuid user_id; /* who asks, of OTP_CHANGE_CONTACT; else nil */
};
struct otp_sent {
	struct text request_id;
	int64_t code_length, expires_at, ttl_ms, resend_after_ms;
};
/* Draws a code, keeps its MAC, queues the message. OTP_RATE_LIMITED, RATE_LIMITED. */
MUST_USE enum err otp_send(struct op *op, const struct otp_order *order, struct otp_sent *sent_r);

/* How many digits a code has that is worth a try. */
enum { OTP_CODE_MIN = 4, OTP_CODE_MAX = 10 };

struct otp_answer {
	const struct app *app;
	struct text request_id, code, purpose; /* code: OTP_CODE_MIN to OTP_CODE_MAX digits */
	struct uuid tenant_id;                 /* nil: none */
};
struct otp_verified {
	bool session; /* of a session purpose: signin is filled */
	struct signin signin;
	struct contact contact;
	struct uuid user_id; /* as of the order */
};
/* Spends a try, and consumes the code if it is right; every outcome of API section 2, in its order. Of a user who asked and
 * was deleted or erased since: USER_DELETED, USER_NOT_FOUND. */
MUST_USE enum err otp_verify(struct op *op, const struct otp_answer *answer, struct otp_verified *verified_r);

/* The same without what follows from it: only proves the contact. */
MUST_USE enum err otp_prove(struct op *op, const struct otp_answer *answer, struct proof *proof_r);
/* Takes, once, what a right code of OTP_CHANGE_CONTACT proved to the user who had asked for it. TOKEN_INVALID: there is
 * nothing like that to be taken. */
MUST_USE enum err otp_take_proof(
	struct op *op, struct uuid app_id, struct uuid user_id, struct text request_id, struct contact *contact_r);

/* A new epoch: what was sent before it is expired. */
MUST_USE enum err otp_void(struct op *op);

extern const struct action otp_send_action, otp_verify_action;

/* jobs.def */
void otp_prune(void);

#endif
