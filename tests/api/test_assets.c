/* Files that browsers fetch: by a name with the hash of their content for ever, by their plain name for an hour. */
#include "../check.h"

#include "api/assets.h"

static enum err ask(struct arena *arena, struct text path, struct document *document)
{
	struct http_request request = {.arena = arena, .path = path};
	struct op *op = op_new(arena);
	op->request = &request;
	*document = (struct document){0};
	return assets_file_document(op, document);
}

static void a_linked_path_has_a_hash_and_may_be_kept_for_ever(void **state)
{
	struct text path = assets_path("keywright.css");
	struct document document;
	assert_int_equal(path.n, strlen("/assets/keywright.01234567.css"));
	assert_true(text_starts(path, TEXT("/assets/keywright.")));
	assert_int_equal(ask(*state, path, &document), ERR_NONE);
	assert_string_equal(document.content_type, "text/css; charset=utf-8");
	assert_string_equal(document.cache_control, "public, max-age=31536000, immutable");
	CHECK_TEXT(document.body, assets_find(TEXT("assets/keywright.css"))->bytes);
}

static void a_plain_name_holds_for_an_hour(void **state)
{
	struct document document;
	assert_int_equal(ask(*state, TEXT("/assets/keywright.css"), &document), ERR_NONE);
	assert_string_equal(document.cache_control, "public, max-age=3600");
	CHECK_TEXT(document.body, assets_find(TEXT("assets/keywright.css"))->bytes);
}

static void another_hash_or_name_leads_nowhere(void **state)
{
	static const char *const PATHS[] = {"/assets/", "/assets/.", "/assets/..", "/assets/...", "/assets/keywright",
		"/assets/keywright.js", "/assets/keywright.00000000.css", "/assets/keywright..css",
		"/assets/keywright.css.", "/assets/.css", "/assets/x.css", "/assets/mail", "/assets/mail/otp.en.html",
		"/assets/otp.en.html", "/assets/../migrations/0001_apps.sql", "/assets/KEYWRIGHT.css",
		"/assets/0123456789012345678901234567890123456789012345678901234567890123456789.css",
		"/assets/keywright.0123456789012345678901234567890123456789012345678901234567890123456789.css"};
	struct document document;
	for (size_t i = 0; i < COUNT(PATHS); i++)
		if (ask(*state, text_of(PATHS[i]), &document) != ERR_NOT_FOUND)
			fail_msg("served: %s", PATHS[i]);
	struct text path = assets_path("keywright.css");
	assert_int_equal(ask(*state, arena_printf(*state, "%sx", path.p), &document), ERR_NOT_FOUND);
	char *bent = arena_string(*state, path);
	bent[20] = bent[20] == '0' ? '1' : '0';
	assert_int_equal(ask(*state, text_of(bent), &document), ERR_NOT_FOUND);
}

/* The names stand in order, and what is served is of a type that browsers know. */
static void what_pages_link_to_is_served_and_nothing_else(void **state)
{
	size_t served = 0;
	for (size_t i = 0; i < ASSET_COUNT; i++) {
		const struct asset *asset = &ASSETS[i];
		assert_ptr_equal(assets_find(text_of(asset->name)), asset);
		const char *type = strrchr(asset->name, '.');
		bool is_linked_to = text_starts(text_of(asset->name), TEXT("assets/")) &&
				    !strchr(asset->name + 7, '/') && strcmp(type, ".html") != 0;
		assert_int_equal(asset->path != NULL, is_linked_to);
		served += is_linked_to;
	}
	assert_true(served > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(a_linked_path_has_a_hash_and_may_be_kept_for_ever),
		CHECK_WITH_ARENA(a_plain_name_holds_for_an_hour),
		CHECK_WITH_ARENA(another_hash_or_name_leads_nowhere),
		cmocka_unit_test(what_pages_link_to_is_served_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
