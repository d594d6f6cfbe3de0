#include "deliver/sms_request.h"

#include "base/enc.h"
#include "crypto/mac.h"

/* ---- webhook ---- */

static struct text webhook_body(struct arena *arena, const struct letter *letter, const char *id, struct text text)
{
	struct buf out;
	buf_init(&out, arena, 512);
	struct emit json = emit_to(&out);
	emit_object(&json, NULL);
	emit_string(&json, "id", id);
	emit_text(&json, "to", letter->message.to.spelling);
	emit_text(&json, "text", text);
	emit_text(&json, "app", letter->message.app_name);
	emit_time(&json, "expires_at", letter->message.expires_at);
	emit_end_object(&json);
	return buf_text(&out);
}

static const char *signature_header(struct arena *arena, struct text key, long long seconds, struct text body)
{
	uint8_t mac[MAC_SIZE];
	char hex[2 * MAC_SIZE + 1];
	mac_plain(key, arena_printf(arena, "%lld.%.*s", seconds, TEXT_ARG(body)), mac);
	enc_hex(mac, sizeof mac, hex);
	return arena_printf(arena, "X-Keywright-Signature: v1=%s", hex).p;
}

struct courier_http sms_request_webhook(struct arena *arena, const struct settings *settings,
	const struct letter *letter, struct text text, int64_t now)
{
	char id[UUID_TEXT_SIZE];
	uuid_write(letter->message_id, id);
	const long long seconds = now / 1000;
	const struct text body = webhook_body(arena, letter, id, text);
	const char **headers = arena_alloc(arena, 5 * sizeof *headers);
	headers[0] = "Content-Type: application/json";
	headers[1] = arena_printf(arena, "X-Keywright-Timestamp: %lld", seconds).p;
	headers[2] = signature_header(arena, text_of(settings->sms_token), seconds, body);
	headers[3] = arena_printf(arena, "Idempotency-Key: %s", id).p;
	return (struct courier_http){.url = settings->sms_url, .headers = headers, .body = body};
}

/* ---- Twilio ---- */

/* application/x-www-form-urlencoded (WHATWG URL): letters, digits and *-._ stand for themselves. */
static void add_form_value(struct buf *out, struct text value)
{
	static const char DIGITS[] = "0123456789ABCDEF";
	static const char PLAIN[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._";
	for (size_t i = 0; i < value.n; i++) {
		const unsigned char c = (unsigned char)value.p[i];
		if (c != 0 && strchr(PLAIN, c)) {
			buf_add_char(out, (char)c);
			continue;
		}
		buf_add_char(out, '%');
		buf_add_char(out, DIGITS[c >> 4]);
		buf_add_char(out, DIGITS[c & 15]);
	}
}

struct courier_http sms_request_twilio(
	struct arena *arena, const struct settings *settings, const struct letter *letter, struct text text)
{
	static const char *const HEADERS[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
	struct text password = text_of(settings->sms_token), account = text_cut(&password, ':');
	struct text base = text_of(*settings->sms_url ? settings->sms_url : "https://api.twilio.com");
	if (base.p[base.n - 1] == '/')
		base.n--;
	struct buf body;
	buf_init(&body, arena, 512);
	buf_add(&body, TEXT("To="));
	add_form_value(&body, letter->message.to.spelling);
	buf_add(&body, TEXT("&From="));
	add_form_value(&body, text_of(settings->sms_from));
	buf_add(&body, TEXT("&Body="));
	add_form_value(&body, text);
	return (struct courier_http){.url = arena_printf(arena, "%.*s/2010-04-01/Accounts/%.*s/Messages.json",
					     TEXT_ARG(base), TEXT_ARG(account))
						    .p,
		.user = account,
		.password = password,
		.headers = HEADERS,
		.body = buf_text(&body)};
}

bool sms_request_is_twilio_token(struct text token)
{
	struct text rest = token, account = text_cut(&rest, ':');
	for (size_t i = 0; i < account.n; i++) {
		const char c = account.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
			return false;
	}
	return account.n > 0 && rest.n > 0;
}
