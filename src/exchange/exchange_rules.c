#include "exchange/exchange_rules.h"

#include "core/pkce.h"

int64_t exchange_rules_length(int64_t alive)
{
	int64_t length = EXCHANGE_DIGITS_MIN;
	for (int64_t room = 1; room < alive; room *= 10)
		length++;
	return length;
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
	return ERR_NONE;
}
