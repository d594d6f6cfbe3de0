/* When a license holds, how long a lease may, and which slot a device that comes may have. */
#include "../check.h"

#include "license/license_rules.h"

static const int64_t SECOND = 1000, DAY = 24 * 3600 * 1000LL, NOW = 1800000000000;

static void a_license_is_judged_by_its_times(void **state)
{
	const struct {
		int64_t expires_at, revoked_at;
		enum err err;
		const char *status;
	} ROWS[] = {
		{0, 0, ERR_NONE, "active"},
		{NOW + 1, 0, ERR_NONE, "active"},
		{NOW, 0, ERR_LICENSE_EXPIRED, "expired"},
		{NOW - DAY, 0, ERR_LICENSE_EXPIRED, "expired"},
		{0, NOW, ERR_LICENSE_REVOKED, "revoked"},
		{NOW - DAY, 1, ERR_LICENSE_REVOKED, "revoked"},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const struct license license = {.expires_at = ROWS[i].expires_at, .revoked_at = ROWS[i].revoked_at};
		assert_int_equal(license_rules_judge(&license, NOW), ROWS[i].err);
		assert_string_equal(license_rules_status(&license, NOW), ROWS[i].status);
	}
}

static void a_renewal_counts_from_the_later_of_now_and_the_old_end(void **state)
{
	assert_int_equal(license_rules_renewed(NOW + DAY, NOW, 30), NOW + 31 * DAY);
	assert_int_equal(license_rules_renewed(NOW - DAY, NOW, 30), NOW + 30 * DAY);
	assert_int_equal(license_rules_renewed(0, NOW, 30), 0);
}

static void a_lease_ends_with_its_license_at_the_latest(void **state)
{
	const struct license endless = {.expires_at = 0}, ending = {.expires_at = NOW + 3 * DAY + 999},
			     distant = {.expires_at = NOW + 30 * DAY};
	assert_int_equal(license_rules_lease_end(&endless, NOW, 7 * DAY), (NOW + 7 * DAY) / 1000);
	assert_int_equal(license_rules_lease_end(&distant, NOW, 7 * DAY), (NOW + 7 * DAY) / 1000);
	assert_int_equal(license_rules_lease_end(&ending, NOW, 7 * DAY), (NOW + 3 * DAY) / 1000);
}

/* ---- slots ---- */

static struct freed_slot freed(int64_t ago, int64_t held_for, bool counts)
{
	return (struct freed_slot){
		.freed_at = NOW - ago, .held_until = held_for ? NOW + held_for : 0, .counts = counts};
}

static void what_was_freed_a_month_ago_is_forgotten(void **state)
{
	struct freed_slots slots = {0};
	struct freed_slot one = freed(30 * DAY, 0, true);
	license_rules_add_freed(&slots, &one, false, false, NOW);
	assert_int_equal(slots.count, 0);
	one = freed(30 * DAY - 1, 0, true);
	license_rules_add_freed(&slots, &one, false, false, NOW);
	assert_int_equal(slots.count, 1);
	assert_true(slots.first.counts);

	one = freed(40 * DAY, 0, true);
	license_rules_add_freed(&slots, &one, true, false, NOW);
	assert_int_equal(slots.count, 1);
	assert_int_equal(slots.own.freed_at, one.freed_at);
	assert_false(slots.own.counts);
}

static void the_one_freed_first_is_taken_first_unless_it_waits(void **state)
{
	struct freed_slots slots = {0};
	const struct freed_slot rows[] = {freed(3 * SECOND, 0, true), freed(9 * SECOND, DAY, true),
		freed(5 * SECOND, 0, true), freed(7 * SECOND, DAY / 2, true)};
	for (size_t i = 0; i < COUNT(rows); i++)
		license_rules_add_freed(&slots, &rows[i], false, true, NOW);
	assert_int_equal(slots.count, 4);
	assert_int_equal(slots.held, 2);
	assert_int_equal(slots.first.freed_at, NOW - 5 * SECOND);
	assert_int_equal(slots.free_at, NOW + DAY / 2);

	slots = (struct freed_slots){0};
	for (size_t i = 0; i < COUNT(rows); i++)
		license_rules_add_freed(&slots, &rows[i], false, false, NOW);
	assert_int_equal(slots.held, 0);
	assert_int_equal(slots.first.freed_at, NOW - 9 * SECOND);
	assert_int_equal(slots.free_at, 0);
}

static void a_device_takes_its_own_slot_then_a_fresh_one_then_a_freed_one(void **state)
{
	static const struct {
		int64_t max, used, others, held;
		bool own;
		enum slot_choice choice;
		bool can_replace;
	} ROWS[] = {
		/* none was freed */
		{1, 0, 0, 0, false, SLOT_FRESH, true},
		{1, 1, 0, 0, false, SLOT_NONE, true},
		{5, 4, 0, 0, false, SLOT_FRESH, true},
		/* others freed some */
		{1, 0, 1, 0, false, SLOT_FREED, true},
		{3, 1, 1, 0, false, SLOT_FRESH, true},
		{3, 1, 2, 0, false, SLOT_FREED, true},
		/* its own comes first, but only where there is room */
		{1, 0, 0, 0, true, SLOT_OWN, true},
		{3, 1, 1, 1, true, SLOT_OWN, true},
		{1, 1, 0, 0, true, SLOT_NONE, true},
		/* some wait */
		{1, 0, 1, 1, false, SLOT_NONE, true},
		{2, 0, 2, 1, false, SLOT_FREED, true},
		{2, 1, 1, 1, false, SLOT_NONE, true},
		{3, 1, 1, 1, false, SLOT_FRESH, true},
		/* seats were taken away */
		{2, 4, 0, 0, false, SLOT_NONE, false},
		{2, 3, 0, 0, false, SLOT_NONE, false},
		{2, 2, 0, 0, false, SLOT_NONE, true},
		{1, 0, 3, 3, false, SLOT_NONE, false},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const struct license license = {.max_activations = ROWS[i].max, .activations_used = ROWS[i].used};
		const struct freed_slots slots = {
			.own.freed_at = ROWS[i].own, .count = ROWS[i].others, .held = ROWS[i].held};
		if (license_rules_choose(&license, &slots) != ROWS[i].choice)
			fail_msg("row %zu: %d", i, license_rules_choose(&license, &slots));
		if (license_rules_can_replace(&license, &slots) != ROWS[i].can_replace)
			fail_msg("row %zu: replace", i);
	}
}

/* Whatever was freed: no choice ever lets more devices in than there are seats, held ones counted in. */
static void no_choice_oversteps_the_seats(void **state)
{
	for (int64_t max = 1; max <= 4; max++)
		for (int64_t used = 0; used <= 5; used++)
			for (int64_t others = 0; others <= 4; others++)
				for (int64_t held = 0; held <= others; held++) {
					const struct license license = {
						.max_activations = max, .activations_used = used};
					const struct freed_slots slots = {.count = others, .held = held};
					const enum slot_choice choice = license_rules_choose(&license, &slots);
					assert_true(choice == SLOT_NONE || used + held < max);
					assert_true(choice != SLOT_FREED || held < others);
				}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_license_is_judged_by_its_times),
		cmocka_unit_test(a_renewal_counts_from_the_later_of_now_and_the_old_end),
		cmocka_unit_test(a_lease_ends_with_its_license_at_the_latest),
		cmocka_unit_test(what_was_freed_a_month_ago_is_forgotten),
		cmocka_unit_test(the_one_freed_first_is_taken_first_unless_it_waits),
		cmocka_unit_test(a_device_takes_its_own_slot_then_a_fresh_one_then_a_freed_one),
		cmocka_unit_test(no_choice_oversteps_the_seats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
