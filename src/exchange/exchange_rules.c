#include "exchange/exchange_rules.h"

#include "core/pkce.h"

struct text exchange_rules_digits(struct arena *arena, struct text typed)
{
	char *digits = arena_alloc(arena, typed.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < typed.n; i++) {
		const char c = typed.p[i];
		if (c == ' ' || c == '-')
			continue;
		if (c < '0' || c > '9')
			return TEXT_NONE;
		digits[n++] = c;
	}
	return n ? text_bytes(digits, n) : TEXT_NONE;
}

int64_t exchange_rules_length(int64_t alive)
{
	int64_t length = EXCHANGE_DIGITS_MIN;
	for (int64_t room = 1; room < alive; room *= 10)
		length++;
	return length;
}

struct text exchange_rules_display(struct arena *arena, struct text digits)
{
	const size_t groups = (digits.n + 3) / 4;
	struct buf out;
	buf_init(&out, arena, digits.n + groups);
	for (size_t i = 0, at = 0; i < groups; i++) {
		const size_t n = digits.n / groups + (i < digits.n % groups);
		if (i)
			buf_add_char(&out, ' ');
		buf_add(&out, text_bytes(digits.p + at, n));
		at += n;
	}
	return buf_text(&out);
}

bool exchange_rules_is_for(struct uuid app_id, const struct exchange_question *question)
{
	if (!question->app || (question->app->require_secret && !question->proven))
		return false;
	return uuid_is_nil(question->app_id) || uuid_equal(question->app_id, app_id);
}

enum err exchange_rules_judge(const struct exchange_row *row, const struct exchange_question *question)
{
	if (row->used_at || row->expires_at <= question->now)
		return ERR_exchange_code_not_found;
	if (!exchange_rules_is_for(row->grant.app_id, question))
		return ERR_exchange_code_not_found;
	if (!pkce_fits(row->challenge, question->code_verifier))
		return ERR_exchange_code_not_found;
	/* no app has tenants yet, so whatever was named is not there */
	if (!uuid_is_nil(row->grant.tenant_id))
		return ERR_TENANT_NOT_FOUND;
	return ERR_NONE;
}
