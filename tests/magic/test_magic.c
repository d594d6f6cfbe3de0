/* Links sent and used on real stores. */
#include "desk.h"

#include <pthread.h>

/* ---- asking ---- */

static void a_mail_carries_link_and_code_and_the_store_neither(void **state)
{
	struct test_house *house = house_of(state);
	const struct magic_sent sent = desk_sent_to(house, "Ada@example.com");
	assert_int_equal(sent.code_length, 8);
	assert_int_equal(strlen(desk_code), 8);
	assert_int_equal(sent.expires_at, house->now + 15 * MINUTE);
	assert_int_equal(sent.ttl_ms, 15 * MINUTE);
	assert_int_equal(sent.resend_after_ms, 30 * SECOND);
	assert_memory_equal(desk_link, "https://id.example/l/", 21);
	assert_int_equal(strlen(desk_link), 21 + 43);
	const struct magic_link link = desk_found(house, desk_token());
	CHECK_STRING(link.contact.canonical, "ada@example.com");
	CHECK_STRING(link.contact.spelling, "Ada@example.com");
	CHECK_STRING(link.ip, "192.0.2.7");
	assert_int_equal(link.way, MAGIC_HOSTED);
	CHECK_TEXT(magic_code(house->arena, &link, desk_token()), text_of(desk_code));
	assert_int_equal(
		house_int(house, "SELECT LENGTH(token_mac) + LENGTH(flow_mac) + LENGTH(code_mac) FROM magic_links"),
		3 * MAC_SIZE);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'link.sent'"), 1);
}

static void an_order_is_kept_as_it_came(void **state)
{
	struct test_house *house = house_of(state);
	struct app app = *desk_app(house);
	app.bind_links = true;
	const struct uuid tenant_id = uuid_new(7);
	const uint8_t flow[MAGIC_FLOW_SIZE] = {4, 5};
	struct magic_sent sent;
	const struct magic_order order = {.app = &app,
		.way = MAGIC_APP,
		.redirect_uri = TEXT("https://app.example/cb?x=1"),
		.state = TEXT("a b"),
		.challenge = TEXT("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
		.locale = TEXT("de"),
		.tenant_id = tenant_id,
		.flow = flow};
	assert_int_equal(desk_send(house, "192.0.2.7", "ada@example.com", order, &sent, NULL), ERR_NONE);
	assert_true(text_absent(sent.flow_token));
	assert_memory_equal(desk_link, "https://app.example/cb?x=1&token=", 33);
	assert_string_equal(desk_link + 33 + 43, "&state=a%20b");
	const struct magic_link link = desk_found(house, text_bytes(desk_link + 33, 43));
	assert_int_equal(link.way, MAGIC_APP);
	assert_true(link.bound);
	CHECK_STRING(link.redirect_uri, "https://app.example/cb?x=1");
	CHECK_STRING(link.state, "a b");
	CHECK_STRING(link.locale, "de");
	CHECK_TEXT(link.challenge, order.challenge);
	assert_true(uuid_equal(link.tenant_id, tenant_id));
	assert_true(magic_is_asker(&link, flow));
	assert_false(magic_is_asker(&link, (const uint8_t[MAGIC_FLOW_SIZE]){4, 6}));
	assert_false(magic_is_asker(&link, NULL));
}

static void five_links_in_ten_minutes_are_let_through_whatever_the_tag(void **state)
{
	struct test_house *house = house_of(state);
	static const char *const SPELLINGS[] = {
		"ada@example.com", "ADA@example.com", "ada+1@example.com", "Ada+x@Example.com", "ada+@example.com"};
	const struct magic_order order = {.way = MAGIC_HOSTED};
	struct magic_sent sent;
	int64_t retry;
	for (size_t i = 0; i < COUNT(SPELLINGS); i++, house->now += MINUTE)
		desk_sent_to(house, SPELLINGS[i]);
	assert_int_equal(
		desk_send(house, "198.51.100.9", "ada@example.com", order, &sent, &retry), ERR_magic_link_rate_limited);
	assert_int_equal(retry, 5 * MINUTE);
	desk_sent_to(house, "bob@example.com");
	house->now += 5 * MINUTE;
	desk_sent_to(house, "ada@example.com");
}

/* THREATS B10: strangers can use a contact's links up, but not those of the address it was proven from. */
static void a_proven_source_keeps_two_links_of_its_own(void **state)
{
	struct test_house *house = house_of(state);
	const struct magic_order order = {.way = MAGIC_HOSTED};
	struct magic_sent sent;
	desk_sent_to(house, "ada@example.com");
	assert_int_equal(desk_verify(house, desk_token()), ERR_NONE);
	for (int i = 0; i < 4; i++)
		assert_int_equal(desk_send(house, "203.0.113.66", "ada@example.com", order, &sent, NULL), ERR_NONE);
	assert_int_equal(
		desk_send(house, "203.0.113.66", "ada@example.com", order, &sent, NULL), ERR_magic_link_rate_limited);
	desk_sent_to(house, "ada@example.com");
	desk_sent_to(house, "ada@example.com");
	assert_int_equal(
		desk_send(house, "192.0.2.7", "ada@example.com", order, &sent, NULL), ERR_magic_link_rate_limited);
}

/* ---- using the link ---- */

static void a_link_signs_in_once(void **state)
{
	struct test_house *house = house_of(state);
	desk_sent_to(house, "ada@example.com");
	assert_int_equal(desk_verify(house, desk_token()), ERR_NONE);
	assert_int_equal(desk_verify(house, desk_token()), ERR_magic_link_already_used);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions WHERE amr = 'link'"), 1);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM users WHERE email = 'ada@example.com'"), 1);
}

static void a_link_ends_with_its_time(void **state)
{
	struct test_house *house = house_of(state);
	char first[43];
	desk_sent_to(house, "ada@example.com");
	memcpy(first, desk_token().p, sizeof first);
	desk_sent_to(house, "bob@example.com");
	house->now += 15 * MINUTE - 1;
	assert_int_equal(desk_verify(house, desk_token()), ERR_NONE);
	house->now += 1;
	assert_int_equal(desk_verify(house, text_bytes(first, sizeof first)), ERR_magic_link_expired);
	assert_int_equal(desk_verify(house, desk_token()), ERR_magic_link_already_used);
}

static void what_is_no_token_is_not_found(void **state)
{
	struct test_house *house = house_of(state);
	desk_sent_to(house, "ada@example.com");
	char other[44];
	memcpy(other, desk_token().p, 43);
	other[43] = '\0';
	other[0] = other[0] == 'A' ? 'B' : 'A';
	assert_int_equal(desk_verify(house, text_of(other)), ERR_magic_link_not_found);
	assert_int_equal(desk_verify(house, text_bytes(desk_token().p, 42)), ERR_magic_link_not_found);
	assert_int_equal(desk_verify(house, TEXT("'; DROP TABLE magic_links; --")), ERR_magic_link_not_found);
	assert_int_equal(desk_verify(house, desk_token()), ERR_NONE);
}

static void a_deleted_user_is_told_so_and_the_link_is_spent(void **state)
{
	struct test_house *house = house_of(state);
	desk_sent_to(house, "ada@example.com");
	assert_int_equal(desk_verify(house, desk_token()), ERR_NONE);
	house_exec(house, "UPDATE users SET deleted_at = 5");
	desk_sent_to(house, "ada@example.com");
	assert_int_equal(desk_verify(house, desk_token()), ERR_USER_DELETED);
	assert_int_equal(desk_verify(house, desk_token()), ERR_magic_link_already_used);
}

static void a_bound_link_wants_the_flow_token_that_was_answered_with_it(void **state)
{
	struct test_house *house = house_of(state);
	struct app app = *desk_app(house);
	app.bind_links = true;
	const struct magic_order order = {.app = &app, .way = MAGIC_HOSTED};
	struct magic_sent sent, other;
	assert_int_equal(desk_send(house, "192.0.2.7", "ada@example.com", order, &other, NULL), ERR_NONE);
	assert_int_equal(desk_send(house, "192.0.2.7", "ada@example.com", order, &sent, NULL), ERR_NONE);
	struct magic_answer answer = {.token = desk_token()};
	assert_int_equal(desk_verify_answer(house, answer), ERR_magic_link_not_found);
	answer.flow_token = other.flow_token;
	assert_int_equal(desk_verify_answer(house, answer), ERR_magic_link_not_found);
	answer.flow_token = TEXT("kwf_nonsense");
	assert_int_equal(desk_verify_answer(house, answer), ERR_magic_link_not_found);
	answer.flow_token = sent.flow_token;
	assert_int_equal(desk_verify_answer(house, answer), ERR_NONE);
}

static void a_link_of_our_pages_verifies_there_alone(void **state)
{
	struct test_house *house = house_of(state);
	const uint8_t flow[MAGIC_FLOW_SIZE] = {9};
	struct magic_sent sent;
	const struct magic_order order = {.way = MAGIC_PAGE, .flow = flow};
	assert_int_equal(desk_send(house, "192.0.2.7", "ada@example.com", order, &sent, NULL), ERR_NONE);
	assert_int_equal(desk_verify(house, desk_token()), ERR_magic_link_not_found);
	const struct magic_link link = desk_found(house, desk_token());
	struct proof proof;
	assert_int_equal(desk_use(house, &link, &proof), ERR_NONE);
	assert_string_equal(proof.amr, "link");
	CHECK_STRING(proof.contact.canonical, "ada@example.com");
	assert_int_equal(desk_use(house, &link, NULL), ERR_magic_link_already_used);
}

/* ---- using the code ---- */

static void link_and_code_die_together(void **state)
{
	struct test_house *house = house_of(state);
	uint8_t flow[MAGIC_FLOW_SIZE];
	struct desk_doing done;
	struct magic_sent sent = desk_sent_to(house, "ada@example.com");
	assert_int_equal(desk_use_code(house, sent.link_id, desk_flow(&sent, flow), desk_code, &done), ERR_NONE);
	assert_string_equal(done.proof.amr, "otp-email");
	assert_int_equal(done.link.used_at, house->now);
	assert_int_equal(desk_verify(house, desk_token()), ERR_magic_link_already_used);
	assert_int_equal(desk_use_code(house, sent.link_id, flow, desk_code, NULL), ERR_exchange_code_not_found);
	sent = desk_sent_to(house, "bob@example.com");
	assert_int_equal(desk_verify(house, desk_token()), ERR_NONE);
	assert_int_equal(desk_use_code(house, sent.link_id, desk_flow(&sent, flow), desk_code, NULL),
		ERR_exchange_code_not_found);
}

static void three_wrong_codes_kill_the_code_and_not_the_link(void **state)
{
	struct test_house *house = house_of(state);
	uint8_t flow[MAGIC_FLOW_SIZE];
	const struct magic_sent sent = desk_sent_to(house, "ada@example.com");
	desk_flow(&sent, flow);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			desk_use_code(house, sent.link_id, flow, desk_wrong_code(), NULL), ERR_exchange_code_not_found);
	assert_int_equal(house_int(house, "SELECT code_tries FROM magic_links"), 3);
	assert_int_equal(desk_use_code(house, sent.link_id, flow, desk_code, NULL), ERR_exchange_code_not_found);
	assert_int_equal(house_int(house, "SELECT code_tries FROM magic_links"), 3);
	assert_int_equal(desk_verify(house, desk_token()), ERR_NONE);
}

static void only_the_asker_spends_tries(void **state)
{
	struct test_house *house = house_of(state);
	uint8_t flow[MAGIC_FLOW_SIZE];
	struct magic_link link;
	const struct magic_sent sent = desk_sent_to(house, "ada@example.com");
	desk_flow(&sent, flow);
	flow[0] ^= 1;
	for (int i = 0; i < 5; i++)
		assert_int_equal(
			desk_use_code(house, sent.link_id, flow, desk_code, NULL), ERR_exchange_code_not_found);
	assert_int_equal(desk_use_code(house, sent.link_id, NULL, desk_code, NULL), ERR_exchange_code_not_found);
	assert_int_equal(desk_find_asked(house, sent.link_id, flow, &link), ERR_magic_link_not_found);
	assert_int_equal(desk_find_asked(house, sent.link_id, NULL, &link), ERR_magic_link_not_found);
	assert_int_equal(house_int(house, "SELECT code_tries FROM magic_links"), 0);
	flow[0] ^= 1;
	assert_int_equal(desk_find_asked(house, uuid_new(1), flow, &link), ERR_magic_link_not_found);
	assert_int_equal(desk_find_asked(house, sent.link_id, flow, &link), ERR_NONE);
	assert_int_equal(desk_use_code(house, sent.link_id, flow, desk_code, NULL), ERR_NONE);
}

static void a_code_ends_with_its_link(void **state)
{
	struct test_house *house = house_of(state);
	uint8_t flow[MAGIC_FLOW_SIZE];
	const struct magic_sent sent = desk_sent_to(house, "ada@example.com");
	house->now += 15 * MINUTE;
	assert_int_equal(desk_use_code(house, sent.link_id, desk_flow(&sent, flow), desk_code, NULL),
		ERR_exchange_code_not_found);
}

/* THREATS B2: wrong codes of links and of text messages are counted together. */
static void a_spent_failure_budget_makes_the_codes_of_links_long(void **state)
{
	struct test_house *house = house_of(state);
	uint8_t flow[MAGIC_FLOW_SIZE];
	int wrong = 0;
	struct magic_sent sent = {0};
	for (; wrong < 20; house->now += 2 * MINUTE) {
		sent = desk_sent_to(house, "ada@example.com");
		assert_int_equal(strlen(desk_code), 8);
		for (int i = 0; i < 3; i++, wrong++)
			assert_int_equal(
				desk_use_code(house, sent.link_id, desk_flow(&sent, flow), desk_wrong_code(), NULL),
				ERR_exchange_code_not_found);
	}
	sent = desk_sent_to(house, "ada@example.com");
	assert_int_equal(sent.code_length, 10);
	assert_int_equal(strlen(desk_code), 10);
	const struct magic_link link = desk_found(house, desk_token());
	CHECK_TEXT(magic_code(house->arena, &link, desk_token()), text_of(desk_code));
	assert_int_equal(desk_use_code(house, sent.link_id, desk_flow(&sent, flow), desk_code, NULL), ERR_NONE);
	desk_sent_to(house, "bob@example.com");
	assert_int_equal(strlen(desk_code), 8);
}

/* ---- the other screen ---- */

static void the_right_number_approves_and_consumes_nothing(void **state)
{
	struct test_house *house = house_of(state);
	uint8_t flow[MAGIC_FLOW_SIZE];
	const struct magic_sent sent = desk_sent_to(house, "ada@example.com");
	struct magic_link link = desk_found(house, desk_token());
	const struct text number = magic_number(house->arena, &link);
	assert_int_equal(number.n, 2);
	house->now += SECOND;
	assert_int_equal(desk_approve(house, &link, number), ERR_NONE);
	assert_int_equal(desk_find_asked(house, sent.link_id, desk_flow(&sent, flow), &link), ERR_NONE);
	assert_int_equal(link.approved_at, house->now);
	assert_int_equal(link.used_at, 0);
	/* a second press of the same button */
	assert_int_equal(desk_approve(house, &link, number), ERR_NONE);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'link.approved'"), 1);
	assert_int_equal(desk_use(house, &link, NULL), ERR_NONE);
	assert_int_equal(desk_approve(house, &link, number), ERR_magic_link_already_used);
}

static void a_wrong_number_kills_link_and_code(void **state)
{
	struct test_house *house = house_of(state);
	uint8_t flow[MAGIC_FLOW_SIZE];
	const struct magic_sent sent = desk_sent_to(house, "ada@example.com");
	const struct magic_link link = desk_found(house, desk_token());
	const struct text right = magic_number(house->arena, &link);
	char wrong[] = {right.p[0] == '9' ? '0' : (char)(right.p[0] + 1), right.p[1], '\0'};
	assert_int_equal(desk_approve(house, &link, text_of(wrong)), ERR_FORBIDDEN);
	assert_int_equal(desk_approve(house, &link, right), ERR_magic_link_expired);
	assert_int_equal(desk_approve(house, &link, text_of(wrong)), ERR_magic_link_expired);
	assert_int_equal(desk_use(house, &link, NULL), ERR_magic_link_expired);
	assert_int_equal(desk_verify(house, desk_token()), ERR_magic_link_expired);
	assert_int_equal(desk_use_code(house, sent.link_id, desk_flow(&sent, flow), desk_code, NULL),
		ERR_exchange_code_not_found);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'link.denied'"), 1);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions"), 0);
}

static void a_number_of_another_length_is_wrong(void **state)
{
	struct test_house *house = house_of(state);
	desk_sent_to(house, "ada@example.com");
	struct magic_link link = desk_found(house, desk_token());
	assert_int_equal(desk_approve(house, &link, TEXT("")), ERR_FORBIDDEN);
	desk_sent_to(house, "bob@example.com");
	link = desk_found(house, desk_token());
	const struct text right = magic_number(house->arena, &link);
	assert_int_equal(
		desk_approve(house, &link, arena_printf(house->arena, "%.*s0", TEXT_ARG(right))), ERR_FORBIDDEN);
}

static void not_me_kills_link_and_code_even_after_an_approval(void **state)
{
	struct test_house *house = house_of(state);
	desk_sent_to(house, "ada@example.com");
	const struct magic_link link = desk_found(house, desk_token());
	assert_int_equal(desk_approve(house, &link, magic_number(house->arena, &link)), ERR_NONE);
	assert_int_equal(desk_deny(house, &link), ERR_NONE);
	assert_int_equal(desk_deny(house, &link), ERR_magic_link_expired);
	assert_int_equal(desk_use(house, &link, NULL), ERR_magic_link_expired);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'link.denied'"), 1);
}

/* Operations take their time when they arrive, and meet in the store in another order. */
static void a_dead_link_is_dead_for_operations_that_arrived_before(void **state)
{
	struct test_house *house = house_of(state);
	uint8_t flow[MAGIC_FLOW_SIZE];
	const struct magic_sent sent = desk_sent_to(house, "ada@example.com");
	const struct magic_link link = desk_found(house, desk_token());
	house->now += SECOND;
	assert_int_equal(desk_deny(house, &link), ERR_NONE);
	house->now -= 5;
	assert_int_equal(desk_deny(house, &link), ERR_magic_link_expired);
	assert_int_equal(desk_approve(house, &link, magic_number(house->arena, &link)), ERR_magic_link_expired);
	assert_int_equal(desk_use(house, &link, NULL), ERR_magic_link_expired);
	assert_int_equal(desk_use_code(house, sent.link_id, desk_flow(&sent, flow), desk_code, NULL),
		ERR_exchange_code_not_found);
}

/* ... and when the clock was put back since it was asked for. */
static void a_link_can_be_killed_before_it_was_made(void **state)
{
	struct test_house *house = house_of(state);
	desk_sent_to(house, "ada@example.com");
	const struct magic_link link = desk_found(house, desk_token());
	house->now -= MINUTE;
	assert_int_equal(desk_deny(house, &link), ERR_NONE);
	assert_int_equal(desk_use(house, &link, NULL), ERR_magic_link_expired);
}

static void numbers_differ_between_links(void **state)
{
	struct test_house *house = house_of(state);
	bool seen[100] = {0};
	int distinct = 0;
	for (int i = 0; i < 50; i++) {
		const struct magic_link link = {.app_id = uuid_new(1), .link_id = uuid_new(1)};
		const struct text number = magic_number(house->arena, &link);
		const int value = 10 * (number.p[0] - '0') + number.p[1] - '0';
		distinct += !seen[value];
		seen[value] = true;
	}
	assert_true(distinct > 20);
}

/* ---- time and races ---- */

static void past_their_retention_links_are_forgotten(void **state)
{
	struct test_house *house = house_of(state);
	desk_sent_to(house, "ada@example.com"); /* at a time long past for the clock, or yet to come */
	house_exec(house, "UPDATE magic_links SET expires_at = 1");
	desk_sent_to(house, "bob@example.com");
	magic_prune();
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM magic_links"), 1);
	assert_int_equal(desk_verify(house, desk_token()), ERR_NONE);
}

struct racing {
	struct test_house *house;
	struct uuid link_id;
	const uint8_t *flow; /* NULL: by the link */
	enum err err;
};

static void *race(void *context)
{
	struct racing *racing = context;
	racing->err = racing->flow ? desk_use_code(racing->house, racing->link_id, racing->flow, desk_code, NULL)
				   : desk_verify(racing->house, desk_token());
	return NULL;
}

/* THREATS A5, and its other face */
static void of_many_uses_of_link_and_code_at_once_one_succeeds(void **state)
{
	enum { RACERS = 8 };
	struct test_house *house = house_of(state);
	uint8_t flow[MAGIC_FLOW_SIZE];
	const struct magic_sent sent = desk_sent_to(house, "ada@example.com");
	desk_flow(&sent, flow);
	struct test_house houses[RACERS]; /* arenas are used by one thread each */
	struct racing racing[RACERS];
	pthread_t threads[RACERS];
	int won = 0;
	for (int i = 0; i < RACERS; i++) {
		houses[i] = *house;
		houses[i].arena = arena_new();
		racing[i] = (struct racing){&houses[i], sent.link_id, i % 2 ? flow : NULL, ERR_NONE};
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racing[i]), 0);
	}
	for (int i = 0; i < RACERS; i++) {
		pthread_join(threads[i], NULL);
		arena_free(houses[i].arena);
		const enum err refusal = i % 2 ? ERR_exchange_code_not_found : ERR_magic_link_already_used;
		won += racing[i].err == ERR_NONE;
		assert_true(racing[i].err == ERR_NONE || racing[i].err == refusal);
	}
	assert_int_equal(won, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_ON_BOTH(a_mail_carries_link_and_code_and_the_store_neither),
		DESK_ON_BOTH(an_order_is_kept_as_it_came),
		DESK_ON_BOTH(five_links_in_ten_minutes_are_let_through_whatever_the_tag),
		DESK_ON_BOTH(a_proven_source_keeps_two_links_of_its_own),
		DESK_ON_BOTH(a_link_signs_in_once),
		DESK_ON_BOTH(a_link_ends_with_its_time),
		DESK_ON_BOTH(what_is_no_token_is_not_found),
		DESK_ON_BOTH(a_deleted_user_is_told_so_and_the_link_is_spent),
		DESK_ON_BOTH(a_bound_link_wants_the_flow_token_that_was_answered_with_it),
		DESK_ON_BOTH(a_link_of_our_pages_verifies_there_alone),
		DESK_ON_BOTH(link_and_code_die_together),
		DESK_ON_BOTH(three_wrong_codes_kill_the_code_and_not_the_link),
		DESK_ON_BOTH(only_the_asker_spends_tries),
		DESK_ON_BOTH(a_code_ends_with_its_link),
		DESK_ON_BOTH(a_spent_failure_budget_makes_the_codes_of_links_long),
		DESK_ON_BOTH(the_right_number_approves_and_consumes_nothing),
		DESK_ON_BOTH(a_wrong_number_kills_link_and_code),
		DESK_ON_BOTH(a_number_of_another_length_is_wrong),
		DESK_ON_BOTH(not_me_kills_link_and_code_even_after_an_approval),
		DESK_ON_BOTH(a_dead_link_is_dead_for_operations_that_arrived_before),
		DESK_ON_BOTH(a_link_can_be_killed_before_it_was_made),
		DESK_ON_BOTH(numbers_differ_between_links),
		DESK_ON_BOTH(past_their_retention_links_are_forgotten),
		DESK_ON_BOTH(of_many_uses_of_link_and_code_at_once_one_succeeds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
