/*
 * A text message as an HTTP request to a provider. Pure.
 *
 * webhook: POST of {"id","to","text","app","expires_at"} with the headers
 *	X-Keywright-Timestamp: <seconds since 1970>
 *	X-Keywright-Signature: v1=<hex HMAC-SHA-256 under sms.token of "<timestamp>.<body>">
 *	Idempotency-Key: <id>		the same at every try, so that one message is charged once
 * twilio: Twilio's Messages resource (2010-04-01).
 */
#ifndef KW_DELIVER_SMS_REQUEST_H
#define KW_DELIVER_SMS_REQUEST_H

#include "deliver/letter.h"
#include "net/courier.h"

struct courier_http sms_request_webhook(struct arena *arena, const struct settings *settings,
	const struct letter *letter, struct text text, int64_t now);
struct courier_http sms_request_twilio(
	struct arena *arena, const struct settings *settings, const struct letter *letter, struct text text);

/* Whether sms.token is account_sid:auth_token, as Twilio needs it. */
bool sms_request_is_twilio_token(struct text token);

#endif
