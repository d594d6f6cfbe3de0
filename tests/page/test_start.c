/* Where a sign-in comes from and goes to: only what the app registered ever becomes a way on (THREATS D3). */
#include "../check.h"

#include "page/start.h"

#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define LITERAL(z)                                                                                                     \
	{                                                                                                              \
		z, sizeof(z) - 1                                                                                       \
	}
static const struct text REGISTERED[] = {LITERAL("https://app.example/cb"), LITERAL("https://app.example/cb?from=kw")};

static struct app app_with(size_t redirects, bool require_pkce)
{
	return (struct app){.id = {{1}}, .redirect_uris = {REGISTERED, redirects}, .require_pkce = require_pkce};
}

static void a_start_is_judged(void **state)
{
	static const struct {
		size_t redirects;
		bool require_pkce;
		const char *uri, *challenge;
		enum start_fault fault;
		const char *goes_to;
	} ROWS[] = {
		{0, true, "", "", START_GOOD, NULL},
		{0, true, "", CHALLENGE, START_GOOD, NULL},
		{0, true, "https://app.example/cb", CHALLENGE, START_REDIRECT, NULL},
		{2, true, "https://app.example/cb", CHALLENGE, START_GOOD, "https://app.example/cb"},
		{2, true, "https://app.example/cb?from=kw", CHALLENGE, START_GOOD, "https://app.example/cb?from=kw"},
		{1, true, "https://app.example/cb?from=kw", CHALLENGE, START_REDIRECT, NULL},
		{2, true, "https://app.example/cb", "", START_UNCHALLENGED, NULL},
		{2, false, "https://app.example/cb", "", START_GOOD, "https://app.example/cb"},
		{2, false, "https://app.example/cb", "short", START_CHALLENGE, NULL},
		/* naming none is no way round what the app demands */
		{2, true, "", "", START_UNCHALLENGED, NULL},
		{2, true, "", CHALLENGE, START_GOOD, "https://app.example/cb"},
		{2, false, "", "", START_GOOD, "https://app.example/cb"},
		/* close is not equal */
		{2, false, "https://app.example/cb/", "", START_REDIRECT, NULL},
		{2, false, "https://app.example/cb?", "", START_REDIRECT, NULL},
		{2, false, "https://app.example/CB", "", START_REDIRECT, NULL},
		{2, false, "https://APP.example/cb", "", START_REDIRECT, NULL},
		{2, false, "https://app.example/c", "", START_REDIRECT, NULL},
		{2, false, "https://app.example/cb#", "", START_REDIRECT, NULL},
		{2, false, "//app.example/cb", "", START_REDIRECT, NULL},
		{2, false, "javascript:alert(1)", "", START_REDIRECT, NULL},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const struct app app = app_with(ROWS[i].redirects, ROWS[i].require_pkce);
		const struct start start = {
			.app = &app, .redirect_uri = text_of(ROWS[i].uri), .challenge = text_of(ROWS[i].challenge)};
		if (start_judge(&start) != ROWS[i].fault)
			fail_msg("row %zu is judged %d", i, start_judge(&start));
		CHECK_TEXT(start_goes_to(&start), text_of(ROWS[i].goes_to));
	}
}

static void the_way_back_has_what_it_came_with_and_nothing_that_was_not_there(void **state)
{
	const struct app app = app_with(2, true);
	const struct start full = {
		&app, TEXT("https://app.example/cb"), TEXT("a&b=\"c\""), TEXT(CHALLENGE), TEXT("de")};
	CHECK_STRING(start_path(*state, &full, TEXT("ada+x@example.com")),
		"/signin?app_id=01000000-0000-0000-0000-000000000000&redirect_uri=https%3A%2F%2Fapp.example%2Fcb"
		"&state=a%26b%3D%22c%22&code_challenge=" CHALLENGE "&lang=de&contact=ada%2Bx%40example.com");
	const struct start bare = {.app = &app, .state = TEXT("")};
	CHECK_STRING(start_path(*state, &bare, TEXT_NONE), "/signin?app_id=01000000-0000-0000-0000-000000000000");
}

static void the_code_travels_beside_what_the_address_has_already(void **state)
{
	CHECK_STRING(start_return(*state, REGISTERED[0], TEXT("kwx_A"), TEXT("s t")),
		"https://app.example/cb?code=kwx_A&state=s%20t");
	CHECK_STRING(start_return(*state, REGISTERED[1], TEXT("kwx_A"), TEXT_NONE),
		"https://app.example/cb?from=kw&code=kwx_A");
	CHECK_STRING(start_return(*state, TEXT("com.example.app:/cb"), TEXT("kwx_A"), TEXT("")),
		"com.example.app:/cb?code=kwx_A");
}

static void a_link_remembers_its_start(void **state)
{
	const struct app app = app_with(2, true);
	const struct magic_link link = {.redirect_uri = REGISTERED[0],
		.state = TEXT("s"),
		.challenge = TEXT(CHALLENGE),
		.locale = TEXT("de"),
		.tenant_id = {{7}}};
	const struct start start = start_of_link(&app, &link);
	assert_ptr_equal(start.app, &app);
	CHECK_TEXT(start.redirect_uri, link.redirect_uri);
	CHECK_TEXT(start.state, link.state);
	CHECK_TEXT(start.challenge, link.challenge);
	CHECK_TEXT(start.lang, link.locale);
	assert_true(uuid_equal(start.tenant_id, link.tenant_id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_is_judged),
		CHECK_WITH_ARENA(the_way_back_has_what_it_came_with_and_nothing_that_was_not_there),
		CHECK_WITH_ARENA(the_code_travels_beside_what_the_address_has_already),
		cmocka_unit_test(a_link_remembers_its_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
