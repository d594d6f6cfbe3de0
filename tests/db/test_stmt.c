#include "db/stmt.h"

#include <stdlib.h>

#include "store.h"

static int dropped;

static void drop(void *prepared)
{
	dropped++;
	free(prepared);
}

static void a_statement_keeps_its_number_and_others_get_others(void **state)
{
	static struct db_stmt a = DB_STMT("a"), b = DB_STMT("b");
	const unsigned id = stmt_id(&a);

	assert_int_not_equal(stmt_id(&b), id);
	assert_int_equal(stmt_id(&a), id);
}

static void a_table_holds_one_slot_for_each_statement_and_drops_all(void **state)
{
	static struct db_stmt many[200];
	struct stmt_table table = {0};

	for (size_t i = 0; i < COUNT(many); i++) {
		void **slot = stmt_slot(&table, &many[i]);
		assert_null(*slot);
		*slot = malloc(1);
	}
	for (size_t i = 0; i < COUNT(many); i++)
		assert_non_null(*stmt_slot(&table, &many[i]));
	stmt_table_clear(&table, drop);
	assert_int_equal(dropped, COUNT(many));
	assert_null(*stmt_slot(&table, &many[0]));
	stmt_table_clear(&table, drop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_keeps_its_number_and_others_get_others),
		cmocka_unit_test(a_table_holds_one_slot_for_each_statement_and_drops_all),
	};

	return cmocka_run_group_tests_name("stmt", tests, NULL, NULL);
}
