#include "../check.h"

#include "db/ours.h"

static const struct db_migration LIST[] = {
	{"0001_a",
		"-- Apps. CREATE nothing here.\nCREATE TABLE apps (\n    id BLOB\n) WITHOUT ROWID;\n"
		"CREATE UNIQUE INDEX apps_by_name ON apps (name);\nINSERT INTO apps VALUES (1);",
		NULL},
	{"0002_b", "CREATE TRIGGER only_on_sqlite AFTER INSERT ON apps BEGIN SELECT 1; END;",
		"CREATE TABLE queue(id BLOB);\nCREATE FUNCTION wait() RETURNS TRIGGER AS $$ $$;\n"
		"CREATE TRIGGER wait AFTER INSERT ON apps EXECUTE FUNCTION wait();\nCREATE INDEX queue_all ON queue "
		"(id);"},
};

static void names_are_found_in_the_text_that_postgresql_runs(void **state)
{
	static const struct ours WANTED[] = {{"TABLE", "schema_migration"}, {"DOMAIN", "blob"}, {"TABLE", "apps"},
		{"INDEX", "apps_by_name"}, {"TABLE", "queue"}, {"FUNCTION", "wait"}, {"INDEX", "queue_all"}};
	struct arena *arena = arena_new();
	size_t count;
	const struct ours *ours = ours_of(arena, LIST, COUNT(LIST), &count);
	assert_int_equal(count, COUNT(WANTED));
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(ours[i].kind, WANTED[i].kind);
		assert_string_equal(ours[i].name, WANTED[i].name);
	}
	arena_free(arena);
}

static void of_a_dump_what_is_ours_is_kept(void **state)
{
	static const char dump[] = ";\n; Archive created at 2026-11-28 15:00:00 UTC\n;     dbname: shop\n;\n"
				   "5; 2615 16385 SCHEMA - public kw\n"
				   "652; 1247 16389 DOMAIN public blob kw\n"
				   "240; 1255 16500 FUNCTION public wait() kw\n"
				   "241; 1255 16501 FUNCTION public theirs(integer) shop\n"
				   "215; 1259 16392 TABLE public apps kw\n"
				   "216; 1259 16399 TABLE public orders shop\n"
				   "217; 1259 16400 TABLE public wait_not shop\n"
				   "3402; 0 16392 TABLE DATA public apps kw\n"
				   "3403; 0 16399 TABLE DATA public orders shop\n"
				   "3249; 2606 16398 CONSTRAINT public apps apps_pkey kw\n"
				   "3250; 2606 16405 CONSTRAINT public orders apps shop\n"
				   "3251; 1259 16406 INDEX public apps_by_name kw\n"
				   "3252; 1259 16407 INDEX public orders_by_name shop\n"
				   "3260; 2620 16502 TRIGGER public apps wait kw\n"
				   "3261; 2620 16503 TRIGGER public orders wait shop\n"
				   "3270; 2606 16504 FK CONSTRAINT public apps apps_to_queue kw\n"
				   "3271; 0 0 COMMENT public TABLE apps kw\n";
	static const char kept[] = "652; 1247 16389 DOMAIN public blob kw\n"
				   "240; 1255 16500 FUNCTION public wait() kw\n"
				   "215; 1259 16392 TABLE public apps kw\n"
				   "3402; 0 16392 TABLE DATA public apps kw\n"
				   "3249; 2606 16398 CONSTRAINT public apps apps_pkey kw\n"
				   "3251; 1259 16406 INDEX public apps_by_name kw\n"
				   "3260; 2620 16502 TRIGGER public apps wait kw\n"
				   "3270; 2606 16504 FK CONSTRAINT public apps apps_to_queue kw\n";
	struct arena *arena = arena_new();
	size_t count;
	const struct ours *ours = ours_of(arena, LIST, COUNT(LIST), &count);
	CHECK_TEXT(ours_in_list(arena, text_of(dump), ours, count), text_of(kept));
	CHECK_STRING(ours_in_list(arena, TEXT(""), ours, count), "");
	CHECK_STRING(ours_in_list(arena, TEXT("what\n1\n1; 2\n1; 2 3\n1; 2 3 TABLE\n1; 2 3 TABLE x"), ours, count), "");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_in_the_text_that_postgresql_runs),
		cmocka_unit_test(of_a_dump_what_is_ours_is_kept),
	};
	return cmocka_run_group_tests_name("ours", tests, NULL, NULL);
}
