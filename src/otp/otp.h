/*
 * One-time passwords: a code of a few digits, sent to a contact, good for a few tries within minutes.
 *
 * An otp_request_id is "otp_" and base64url of: app id (16 bytes) · time in ms (6) · 16 random bytes.
 */
#ifndef KW_OTP_OTP_H
#define KW_OTP_OTP_H

#include "deliver/deliver.h"
#include "signin/signin.h"

MUST_USE int otp_start(const struct house *house);
void otp_stop(void);

extern const struct action otp_send_action, otp_verify_action;

/* jobs.def */
void otp_prune(void);

#endif
