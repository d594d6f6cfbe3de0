#include "signin/guesses.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static struct limit_window failure_window(struct uuid app_id, const struct contact *contact)
{
	return (struct limit_window){
		"otp_failure", app_id, contact->canonical, settings_now()->otp_failure_budget, DAY_MS};
}

/* Holds one time while codes to the contact are long. */
static struct limit_window long_window(struct uuid app_id, const struct contact *contact)
{
	return (struct limit_window){"otp_long_codes", app_id, contact->canonical, 1, DAY_MS};
}

enum err guesses_note(struct op *op, struct uuid app_id, const struct contact *contact)
{
	struct limit_window failures = failure_window(app_id, contact), longer = long_window(app_id, contact);
	int64_t used, wait;
	TRY(limit_note(op, &failures));
	TRY(limit_see(op, &failures, &used, &wait));
	return used >= failures.count ? limit_note(op, &longer) : ERR_NONE;
}

enum err guesses_code_length(
	struct op *op, struct uuid app_id, const struct contact *contact, int64_t standard, int64_t *length_r)
{
	struct limit_window window = long_window(app_id, contact);
	int64_t used, wait;
	TRY(limit_see(op, &window, &used, &wait));
	*length_r = used ? GUESSES_LONG_CODE : standard;
	return ERR_NONE;
}
