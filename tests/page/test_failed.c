/* The page of a failure has words for every code, in every language, and no more than the failure calls for. */
#include "../check.h"

#include "core/err.h"
#include "page/failed.h"

static int start(void **state)
{
	const char *why = NULL;
	if (template_start("", &why) != 0)
		fail_msg("%s", why);
	return check_new_arena(state);
}

static int stop(void **state)
{
	template_stop();
	return check_free_arena(state);
}
#define WITH_WORDS(test) cmocka_unit_test_setup_teardown(test, start, stop)

static struct view *failed_with(struct arena *arena, enum err err, const char *tag)
{
	struct view *view = ARENA_NEW(arena, struct view);
	view->op = op_new(arena);
	view->op->err = err;
	view->op->retry_ms = 61 * 1000;
	view->language = template_language(text_of(tag));
	return view;
}

static struct text value(const struct view *view, const char *name)
{
	for (size_t i = 0; i < view->count; i++)
		if (strcmp(view->values[i].name, name) == 0)
			return view->values[i].value;
	return TEXT_NONE;
}

static struct text html(struct view *view)
{
	return template_render(view->op->arena, view->id, view->language, view->values, view->count);
}

static void every_code_has_words_in_every_language(void **state)
{
	static const char *const TAGS[] = {"en", "de"};
	for (size_t i = 0; i < COUNT(TAGS); i++)
		for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++) {
			struct view *view = failed_with(*state, err, TAGS[i]);
			failed_show(view);
			assert_true(value(view, "title").n > 0 && value(view, "text").n > 0);
			CHECK_TEXT(value(view, "code"), text_of(err_info(err)->name));
			assert_true(html(view).n > 0);
		}
}

static void a_wrong_number_has_words_of_its_own(void **state)
{
	struct view *forbidden = failed_with(*state, ERR_FORBIDDEN, "en"),
		    *number = failed_with(*state, ERR_FORBIDDEN, "en");
	number->why = "number";
	failed_show(forbidden);
	failed_show(number);
	assert_false(text_equal(value(forbidden, "title"), value(number, "title")));
}

static void only_what_passes_counts_down(void **state)
{
	static const struct {
		enum err err;
		int64_t wait_ms;
		const char *seconds;
	} ROWS[] = {
		{ERR_magic_link_rate_limited, 0, "61"},
		{ERR_SERVICE_UNAVAILABLE, 0, "61"},
		/* the rest that the API does not tell */
		{ERR_exchange_code_attempt_limit_exceeded, 1800 * 1000 - 1, "1800"},
		{ERR_magic_link_expired, 0, NULL},
		{ERR_INTERNAL_ERROR, 0, NULL},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct view *view = failed_with(*state, ROWS[i].err, "en");
		view->wait_ms = ROWS[i].wait_ms;
		failed_show(view);
		CHECK_TEXT(value(view, "seconds"), text_of(ROWS[i].seconds));
	}
}

static void a_developer_reads_what_was_wrong_and_nobody_what_they_sent(void **state)
{
	struct view *view = failed_with(*state, ERR_VALIDATION_ERROR, "de");
	op_bad_field(view->op, "redirect_uri", 1, "Must be registered.");
	failed_show(view);
	CHECK_STRING(value(view, "detail"), "redirect_uri: Must be registered.");
	view->op->err = ERR_FORBIDDEN;
	failed_show(view);
	assert_true(text_absent(value(view, "detail")));
}

static void a_contact_is_shown_masked(void **state)
{
	struct view *view = failed_with(*state, ERR_magic_link_expired, "en");
	failed_show(view);
	assert_true(text_absent(value(view, "to")));
	assert_int_equal(contact_email(*state, TEXT("ada.lovelace@example.com"), &view->again.contact), 0);
	view->again.token = TEXT("TOKEN");
	failed_show(view);
	CHECK_TEXT(value(view, "to"), contact_masked(*state, &view->again.contact));
	CHECK_STRING(value(view, "token"), "TOKEN");
	assert_null(strstr(html(view).p, "lovelace"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORDS(every_code_has_words_in_every_language),
		WITH_WORDS(a_wrong_number_has_words_of_its_own),
		WITH_WORDS(only_what_passes_counts_down),
		WITH_WORDS(a_developer_reads_what_was_wrong_and_nobody_what_they_sent),
		WITH_WORDS(a_contact_is_shown_masked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
