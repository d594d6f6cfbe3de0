/* When to try again, without waiting for it. */
#include "../check.h"

#include "deliver/circuit.h"

enum { NO_CHANCE = 0, ALL_CHANCE = 255 };

static void pauses_double_up_to_the_longest(void **state)
{
	static const int64_t PUT_OFF[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
	static const int64_t OUTAGE[] = {1000, 2000, 3000, 3000};
	for (size_t i = 0; i < COUNT(PUT_OFF); i++)
		assert_int_equal(pause_ms((int64_t)i + 1, PAUSE_PUT_OFF_MS, NO_CHANCE, 0), PUT_OFF[i]);
	for (size_t i = 0; i < COUNT(OUTAGE); i++)
		assert_int_equal(pause_ms((int64_t)i + 1, PAUSE_OUTAGE_MS, NO_CHANCE, 0), OUTAGE[i]);
	assert_int_equal(pause_ms(1000000, PAUSE_PUT_OFF_MS, NO_CHANCE, 0), 30000);
}

static void chance_takes_up_to_a_quarter(void **state)
{
	assert_int_equal(pause_ms(1, PAUSE_OUTAGE_MS, ALL_CHANCE, 0), 750);
	assert_int_equal(pause_ms(9, PAUSE_OUTAGE_MS, ALL_CHANCE, 0), 2250);
}

static void what_the_provider_asks_for_is_granted_within_reason(void **state)
{
	assert_int_equal(pause_ms(1, PAUSE_OUTAGE_MS, ALL_CHANCE, 7), 7000);
	assert_int_equal(pause_ms(3, PAUSE_OUTAGE_MS, NO_CHANCE, 1), 3000);
	assert_int_equal(pause_ms(1, PAUSE_OUTAGE_MS, NO_CHANCE, 3600), 30000);
}

static void fail_often(struct circuit *circuit, int64_t now, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		(void)circuit_failed(circuit, now, NO_CHANCE, 0);
}

static void a_few_failures_keep_the_circuit_closed(void **state)
{
	struct circuit circuit = {0};
	fail_often(&circuit, 0, CIRCUIT_FAILURES - 1);
	assert_true(circuit_admits(&circuit, 0));
	assert_false(circuit_succeeded(&circuit));
	fail_often(&circuit, 0, CIRCUIT_FAILURES - 1);
	assert_true(circuit_admits(&circuit, 0));
}

static void failures_in_a_row_shut_it_once(void **state)
{
	struct circuit circuit = {0};
	fail_often(&circuit, 0, CIRCUIT_FAILURES - 1);
	assert_true(circuit_failed(&circuit, 0, NO_CHANCE, 0));
	assert_false(circuit_admits(&circuit, 999));
	assert_false(circuit_failed(&circuit, 0, NO_CHANCE, 0));
}

static void while_shut_one_message_at_a_time_probes(void **state)
{
	struct circuit circuit = {0};
	fail_often(&circuit, 0, CIRCUIT_FAILURES);
	assert_true(circuit_admits(&circuit, 1000));
	circuit_departs(&circuit);
	assert_false(circuit_admits(&circuit, 1000));
	assert_false(circuit_failed(&circuit, 1000, NO_CHANCE, 0));
	assert_false(circuit_admits(&circuit, 2999));
	assert_true(circuit_admits(&circuit, 3000));
}

static void a_probe_that_never_got_there_is_followed_by_another(void **state)
{
	struct circuit circuit = {0};
	fail_often(&circuit, 0, CIRCUIT_FAILURES);
	circuit_departs(&circuit);
	circuit_returns(&circuit);
	assert_true(circuit_admits(&circuit, 1000));
}

static void a_probe_that_works_opens_it_for_all(void **state)
{
	struct circuit circuit = {0};
	fail_often(&circuit, 0, CIRCUIT_FAILURES + 3);
	circuit_departs(&circuit);
	assert_true(circuit_succeeded(&circuit));
	for (int i = 0; i < 100; i++) {
		assert_true(circuit_admits(&circuit, 0));
		circuit_departs(&circuit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_double_up_to_the_longest),
		cmocka_unit_test(chance_takes_up_to_a_quarter),
		cmocka_unit_test(what_the_provider_asks_for_is_granted_within_reason),
		cmocka_unit_test(a_few_failures_keep_the_circuit_closed),
		cmocka_unit_test(failures_in_a_row_shut_it_once),
		cmocka_unit_test(while_shut_one_message_at_a_time_probes),
		cmocka_unit_test(a_probe_that_never_got_there_is_followed_by_another),
		cmocka_unit_test(a_probe_that_works_opens_it_for_all),
	};
	return cmocka_run_group_tests_name("deliver/circuit", tests, NULL, NULL);
}
