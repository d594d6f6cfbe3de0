#include "otp/otp_rules.h"

#include "base/enc.h"

struct key {
	struct uuid app_id;
	struct otp_id id;
};
_Static_assert(sizeof(struct key) == 38, "the key of an otp row, without padding");

struct text otp_rules_write_id(struct arena *arena, struct uuid app_id, const struct otp_id *id)
{
	const struct key key = {app_id, *id};
	struct buf out;
	buf_init(&out, arena, 64);
	buf_add(&out, TEXT("otp_"));
	enc_base64url_add(&out, &key, sizeof key);
	return buf_text(&out);
}

int otp_rules_read_id(struct text request_id, struct uuid *app_id_r, struct otp_id *id_r)
{
	struct key key;
	size_t n;
	if (!text_starts(request_id, TEXT("otp_")))
		return -1;
	TRY(enc_base64url_read(text_bytes(request_id.p + 4, request_id.n - 4), &key, sizeof key, &n));
	if (n != sizeof key)
		return -1;
	*app_id_r = key.app_id;
	*id_r = key.id;
	return 0;
}

enum err otp_rules_judge(const struct otp_row *row, const struct otp_question *question)
{
	if (!uuid_equal(row->app_id, question->app_id))
		return ERR_OTP_WRONG_APP;
	if (!text_equal(row->purpose, question->purpose))
		return ERR_OTP_WRONG_PURPOSE;
	if (row->used_at)
		return ERR_OTP_ALREADY_USED;
	if (row->tries >= question->max_tries)
		return ERR_OTP_LOCKED;
	if (row->expires_at <= question->now)
		return ERR_OTP_EXPIRED;
	return ERR_NONE;
}

const char *otp_rules_amr(enum contact_kind kind)
{
	return kind == CONTACT_PHONE ? "otp-sms" : "otp-email";
}
