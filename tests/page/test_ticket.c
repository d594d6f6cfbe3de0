/* What a browser carries while a code is on its way: it comes back whole, to that browser, or not at all. */
#include "../check.h"
#include "../user/house.h"

#include "app/app.h"
#include "page/ticket.h"

static int start(void **state)
{
	if (house_on_sqlite(state))
		return -1;
	struct test_house *house = *state;
	ticket_start(&house->house);
	return app_start(&house->house);
}

static int stop(void **state)
{
	app_stop();
	ticket_stop();
	return house_remove(state);
}

static const struct flow HERE = {.secret = {1}}, ELSEWHERE = {.secret = {2}};

static struct ticket a_ticket(struct test_house *house)
{
	struct ticket ticket = {.start = {.app = app_find(house->app_id),
					.redirect_uri = TEXT("https://app.example/cb"),
					.state = TEXT("s t\"&"),
					.lang = TEXT("de")},
		.request_id = TEXT("otp_abc"),
		.code_length = 6,
		.expires_at = 1780000000000};
	assert_non_null(ticket.start.app);
	assert_int_equal(contact_phone(house->arena, TEXT("+4915112345678"), &ticket.contact), 0);
	return ticket;
}

static void a_ticket_is_read_as_it_was_written(void **state)
{
	struct test_house *house = house_of(state);
	const struct ticket written = a_ticket(house);
	struct ticket read;
	struct text text = ticket_write(house->arena, &HERE, &written);
	assert_int_equal(ticket_read(house->arena, &HERE, text, &read), 0);
	assert_ptr_equal(read.start.app, written.start.app);
	CHECK_TEXT(read.start.redirect_uri, written.start.redirect_uri);
	CHECK_TEXT(read.start.state, written.start.state);
	CHECK_STRING(read.start.challenge, "");
	CHECK_TEXT(read.start.lang, written.start.lang);
	CHECK_TEXT(read.contact.canonical, written.contact.canonical);
	assert_int_equal(read.contact.kind, CONTACT_PHONE);
	CHECK_TEXT(read.request_id, written.request_id);
	assert_int_equal(read.code_length, written.code_length);
	assert_int_equal(read.expires_at, written.expires_at);
}

static void the_longest_ticket_fits(void **state)
{
	struct test_house *house = house_of(state);
	struct ticket written = a_ticket(house), read;
	char *longest = arena_alloc(house->arena, 512);
	memset(longest, 'x', 512);
	written.start.redirect_uri = written.start.state = text_bytes(longest, 512);
	written.start.challenge = text_bytes(longest, 43);
	written.request_id = text_bytes(longest, 64);
	struct text text = ticket_write(house->arena, &HERE, &written);
	assert_true(text.n <= TICKET_MAX);
	assert_int_equal(ticket_read(house->arena, &HERE, text, &read), 0);
}

static void another_browser_cannot_open_it(void **state)
{
	struct test_house *house = house_of(state);
	const struct ticket written = a_ticket(house);
	struct ticket read;
	struct text text = ticket_write(house->arena, &HERE, &written);
	assert_int_not_equal(ticket_read(house->arena, &ELSEWHERE, text, &read), 0);
}

static void what_was_changed_or_made_up_is_no_ticket(void **state)
{
	struct test_house *house = house_of(state);
	const struct ticket written = a_ticket(house);
	struct ticket read;
	struct text good = ticket_write(house->arena, &HERE, &written);
	for (size_t i = 0; i < good.n; i++) {
		char *bad = arena_string(house->arena, good);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(ticket_read(house->arena, &HERE, text_bytes(bad, good.n), &read), 0);
		assert_int_not_equal(ticket_read(house->arena, &HERE, text_bytes(good.p, i), &read), 0);
	}
}

static void a_ticket_of_an_app_that_is_gone_is_none(void **state)
{
	struct test_house *house = house_of(state);
	struct ticket written = a_ticket(house), read;
	const struct app gone = {.id = {{9}}};
	written.start.app = &gone;
	struct text text = ticket_write(house->arena, &HERE, &written);
	assert_int_not_equal(ticket_read(house->arena, &HERE, text, &read), 0);
}

#define WITH_HOUSE(test) cmocka_unit_test_setup_teardown(test, start, stop)
int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOUSE(a_ticket_is_read_as_it_was_written),
		WITH_HOUSE(the_longest_ticket_fits),
		WITH_HOUSE(another_browser_cannot_open_it),
		WITH_HOUSE(what_was_changed_or_made_up_is_no_ticket),
		WITH_HOUSE(a_ticket_of_an_app_that_is_gone_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
