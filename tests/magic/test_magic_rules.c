/* The pure part: who may use a link, which refusal comes first, what its texts look like. */
#include "../check.h"

#include "magic/magic_rules.h"

enum { NOW = 1000 };
static const struct uuid OURS = {{1}}, THEIRS = {{2}}, LINK = {{3}};
/* RFC 7636, appendix B */
#define VERIFIER TEXT("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
#define CHALLENGE TEXT("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")

/* Every row is wrong in all that its letters name: Used, Expired. */
static void a_link_is_used_before_it_is_expired(void **state)
{
	static const struct {
		int64_t used_at, expires_at;
		enum err err;
		const char *status;
	} ROWS[] = {
		{0, NOW + 1, ERR_NONE, "pending"},
		{0, NOW, ERR_magic_link_expired, "expired"},
		{0, NOW - 1, ERR_magic_link_expired, "expired"},
		{NOW - 1, NOW + 1, ERR_magic_link_already_used, "used"},
		{NOW - 5, NOW - 1, ERR_magic_link_already_used, "used"},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct magic_link link = {.used_at = ROWS[i].used_at, .expires_at = ROWS[i].expires_at};
		assert_int_equal(magic_judge(&link, NOW), ROWS[i].err);
		assert_string_equal(magic_status(&link, NOW), ROWS[i].status);
		/* an approval ends with its link */
		link.approved_at = NOW - 2;
		const bool live = ROWS[i].err == ERR_NONE;
		assert_string_equal(magic_status(&link, NOW), live ? "approved" : ROWS[i].status);
	}
}

/* The letters of the link: h hosted, a to the app, p of our pages; b bound, c with a challenge, u used, e expired. Of the
 * app: s demands its secret, g is gone. Of who comes: S proven, O proven as another app, V with the verifier, W with a wrong
 * one, F with the flow token, G with a wrong one. */
static const struct {
	const char *link, *comes;
	enum err err;
} VERIFY_ROWS[] = {
	{"h", "", ERR_NONE},
	{"a", "", ERR_NONE},
	{"p", "", ERR_magic_link_not_found},
	{"p", "SVF", ERR_magic_link_not_found},
	{"hg", "", ERR_magic_link_not_found},
	/* proof of the app */
	{"h", "S", ERR_NONE},
	{"h", "O", ERR_magic_link_not_found},
	{"hs", "", ERR_magic_link_not_found},
	{"hs", "S", ERR_NONE},
	{"hs", "O", ERR_magic_link_not_found},
	/* PKCE */
	{"ac", "", ERR_magic_link_not_found},
	{"ac", "W", ERR_magic_link_not_found},
	{"ac", "V", ERR_NONE},
	{"hc", "V", ERR_NONE},
	{"h", "V", ERR_magic_link_not_found},
	/* the asker */
	{"h", "F", ERR_NONE},
	{"h", "G", ERR_magic_link_not_found},
	{"hb", "", ERR_magic_link_not_found},
	{"hb", "G", ERR_magic_link_not_found},
	{"hb", "F", ERR_NONE},
	/* one does not stand for another */
	{"hbcs", "VF", ERR_magic_link_not_found},
	{"hbcs", "SF", ERR_magic_link_not_found},
	{"hbcs", "SV", ERR_magic_link_not_found},
	{"hbcs", "SVF", ERR_NONE},
	/* the order: not found, used, expired */
	{"pue", "", ERR_magic_link_not_found},
	{"hcue", "W", ERR_magic_link_not_found},
	{"hue", "", ERR_magic_link_already_used},
	{"he", "", ERR_magic_link_expired},
};

static void only_whom_a_link_is_meant_for_may_use_it(void **state)
{
	for (size_t i = 0; i < COUNT(VERIFY_ROWS); i++) {
		const char *is = VERIFY_ROWS[i].link, *comes = VERIFY_ROWS[i].comes;
		const struct app app = {.id = OURS, .require_secret = strchr(is, 's') != NULL}, other = {.id = THEIRS};
		const struct magic_link link = {.app_id = OURS,
			.way = strchr(is, 'h')   ? MAGIC_HOSTED
			       : strchr(is, 'a') ? MAGIC_APP
						 : MAGIC_PAGE,
			.bound = strchr(is, 'b') != NULL,
			.challenge = strchr(is, 'c') ? CHALLENGE : TEXT(""),
			.used_at = strchr(is, 'u') ? NOW - 1 : 0,
			.expires_at = strchr(is, 'e') ? NOW : NOW + 1};
		const struct magic_claim claim = {.app = strchr(is, 'g') ? NULL : &app,
			.proven = strchr(comes, 'S')   ? &app
				  : strchr(comes, 'O') ? &other
						       : NULL,
			.verifier = strchr(comes, 'V')   ? VERIFIER
				    : strchr(comes, 'W') ? TEXT("wrong")
							 : TEXT_NONE,
			.flow_sent = strpbrk(comes, "FG") != NULL,
			.flow_fits = strchr(comes, 'F') != NULL};
		if (magic_rules_verify(&link, &claim, NOW) != VERIFY_ROWS[i].err)
			fail_msg("link %s, coming with '%s'", is, comes);
	}
}

static void a_link_leads_to_our_page_or_to_the_app(void **state)
{
	static const struct {
		enum magic_way way;
		const char *redirect_uri, *state, *url;
	} ROWS[] = {
		{MAGIC_HOSTED, NULL, NULL, "https://id.example/l/TOKEN"},
		{MAGIC_HOSTED, "https://app.example/cb", "s", "https://id.example/l/TOKEN"},
		{MAGIC_PAGE, "https://app.example/cb", "s", "https://id.example/l/TOKEN"},
		{MAGIC_APP, "https://app.example/cb", NULL, "https://app.example/cb?token=TOKEN"},
		{MAGIC_APP, "https://app.example/cb", "", "https://app.example/cb?token=TOKEN&state="},
		{MAGIC_APP, "https://app.example/cb?a=b", "x", "https://app.example/cb?a=b&token=TOKEN&state=x"},
		{MAGIC_APP, "myapp://cb", "a&token=b #", "myapp://cb?token=TOKEN&state=a%26token%3Db%20%23"},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const struct magic_link link = {.way = ROWS[i].way,
			.redirect_uri = text_of(ROWS[i].redirect_uri),
			.state = text_of(ROWS[i].state)};
		CHECK_TEXT(magic_rules_url(*state, "https://id.example", &link, TEXT("TOKEN")), text_of(ROWS[i].url));
	}
}

static void a_flow_token_is_read_as_it_was_written(void **state)
{
	uint8_t flow[MAGIC_FLOW_SIZE] = {1, 2, 3, [31] = 255}, read[MAGIC_FLOW_SIZE];
	struct uuid app_id, link_id;
	const struct text token = magic_rules_write_flow_token(*state, OURS, LINK, flow);
	assert_true(text_starts(token, TEXT("kwf_")));
	assert_int_equal(token.n, 4 + 86);
	assert_int_equal(magic_read_flow_token(token, &app_id, &link_id, read), 0);
	assert_true(uuid_equal(app_id, OURS) && uuid_equal(link_id, LINK));
	assert_memory_equal(read, flow, sizeof flow);
}

static void what_was_not_written_here_is_no_flow_token(void **state)
{
	const uint8_t flow[MAGIC_FLOW_SIZE] = {1, 2, 3};
	const struct text good = magic_rules_write_flow_token(*state, OURS, LINK, flow);
	uint8_t read[MAGIC_FLOW_SIZE];
	struct uuid app_id, link_id;
	const struct text bad[] = {TEXT_NONE, TEXT(""), TEXT("kwf_"), TEXT("kwf"), text_bytes(good.p, good.n - 1),
		text_bytes(good.p + 4, good.n - 4), arena_printf(*state, "%sA", good.p),
		arena_printf(*state, " %s", good.p), arena_printf(*state, "KWF_%s", good.p + 4),
		arena_printf(*state, "kwr_%s", good.p + 4), arena_printf(*state, "%.*s=", (int)good.n - 1, good.p),
		/* the last character holds four bits of nothing */
		arena_printf(*state, "%.*sB", (int)good.n - 1, good.p)};
	for (size_t i = 0; i < COUNT(bad); i++)
		if (magic_read_flow_token(bad[i], &app_id, &link_id, read) == 0)
			fail_msg("row %zu: %.*s", i, TEXT_ARG(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_used_before_it_is_expired),
		cmocka_unit_test(only_whom_a_link_is_meant_for_may_use_it),
		CHECK_WITH_ARENA(a_link_leads_to_our_page_or_to_the_app),
		CHECK_WITH_ARENA(a_flow_token_is_read_as_it_was_written),
		CHECK_WITH_ARENA(what_was_not_written_here_is_no_flow_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
