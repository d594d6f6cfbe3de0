/* Where addresses are, by a database that these tests write. */
#include "../check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/retire.h"
#include "core/place.h"
#include "mmdb.h"

static struct arena *arena;
static char path[] = "/tmp/keywright-place-XXXXXX";

static int start(void **state)
{
	const int fd = mkstemp(path);
	arena = arena_new();
	return fd < 0 ? -1 : close(fd);
}

static int stop(void **state)
{
	arena_free(arena);
	return unlink(path);
}

static void write_file(struct text bytes)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, file), bytes.n);
	assert_int_equal(fclose(file), 0);
}

/* "city" or "country" with names in English and, if there is one, German */
static void add_names(struct buf *data, const char *what, const char *english, const char *german)
{
	mmdb_text(data, what);
	mmdb_map(data, 1);
	mmdb_text(data, "names");
	mmdb_map(data, german ? 2 : 1);
	mmdb_text(data, "en");
	mmdb_text(data, english);
	if (german) {
		mmdb_text(data, "de");
		mmdb_text(data, german);
	}
}

static struct text database(void)
{
	struct mmdb *db = ARENA_NEW(arena, struct mmdb);
	mmdb_new(db, arena);
	mmdb_add(db, "203.0.113.0", 24);
	mmdb_map(&db->data, 2);
	add_names(&db->data, "city", "Weimar", NULL);
	add_names(&db->data, "country", "Germany", "Deutschland");
	mmdb_add(db, "2001:db8:1::", 48);
	mmdb_map(&db->data, 2);
	add_names(&db->data, "city", "Munich", "München");
	add_names(&db->data, "country", "Germany", "Deutschland");
	mmdb_add(db, "198.51.100.0", 24);
	mmdb_map(&db->data, 1);
	add_names(&db->data, "country", "Iceland", "Island");
	mmdb_add(db, "192.0.2.0", 25);
	mmdb_map(&db->data, 1);
	add_names(&db->data, "city", "Atlantis", NULL);
	mmdb_add(db, "192.0.2.128", 25);
	mmdb_map(&db->data, 1);
	mmdb_number(&db->data, "city", 5, 7);
	return mmdb_bytes(db, arena);
}

static void check_place(const char *address, const char *language, const char *expected)
{
	struct ip ip;
	assert_int_equal(ip_read(text_of(address), &ip), 0);
	CHECK_TEXT(place_of(arena, ip, text_of(language)), text_of(expected));
}

static void without_a_database_a_place_is_an_address(void **state)
{
	const char *why;
	assert_int_equal(place_start("", &why), 0);
	check_place("203.0.113.7", "en", "203.0.113.7");
	check_place("::ffff:203.0.113.7", "de", "203.0.113.7");
	check_place("2001:db8:1::7", "en", "2001:db8:1::7");
	place_stop();
}

static void a_place_is_a_town_and_its_country_in_the_language(void **state)
{
	const char *why;
	write_file(database());
	assert_int_equal(place_start(path, &why), 0);
	check_place("203.0.113.7", "en", "Weimar, Germany");
	check_place("::ffff:203.0.113.7", "de", "Weimar, Deutschland");
	check_place("203.0.113.255", "fr", "Weimar, Germany");
	check_place("2001:db8:1::7", "de", "München, Deutschland");
	check_place("2001:db8:1:ffff::", NULL, "Munich, Germany");
	check_place("198.51.100.1", "de", "Island");
	check_place("192.0.2.1", "en", "Atlantis");
	place_stop();
}

static void what_the_database_does_not_know_is_an_address(void **state)
{
	const char *why;
	write_file(database());
	assert_int_equal(place_start(path, &why), 0);
	check_place("203.0.114.7", "en", "203.0.114.7");
	check_place("2001:db8:2::7", "en", "2001:db8:2::7");
	check_place("192.0.2.200", "en", "192.0.2.200"); /* its entry is of another kind */
	check_place("127.0.0.1", "en", "127.0.0.1");
	place_stop();
}

static void a_file_that_is_no_database_refuses_the_start_in_a_sentence(void **state)
{
	const char *why = NULL;
	const struct text whole = database();
	const struct text broken[] = {TEXT(""), TEXT("no database"), text_bytes(whole.p, whole.n / 2)};
	for (size_t i = 0; i < COUNT(broken); i++) {
		write_file(broken[i]);
		assert_int_not_equal(place_start(path, &why), 0);
		assert_non_null(strstr(why, path));
		assert_true(text_starts(text_of(why), TEXT("page.geoip: ")));
		check_place("203.0.113.7", "en", "203.0.113.7");
		place_stop();
	}
	assert_int_not_equal(place_start("/nonexistent/places.mmdb", &why), 0);
	assert_non_null(strstr(why, "/nonexistent/places.mmdb"));
}

static void another_database_takes_the_place_and_one_that_is_none_does_not(void **state)
{
	const char *why;
	write_file(database());
	assert_int_equal(place_start(path, &why), 0);
	assert_int_not_equal(place_start("/nonexistent/places.mmdb", &why), 0);
	check_place("203.0.113.7", "en", "Weimar, Germany");
	assert_int_equal(place_start(path, &why), 0);
	check_place("203.0.113.7", "en", "Weimar, Germany");
	assert_int_equal(place_start("", &why), 0);
	check_place("203.0.113.7", "en", "203.0.113.7");
	place_stop();
	retire_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_database_a_place_is_an_address),
		cmocka_unit_test(a_place_is_a_town_and_its_country_in_the_language),
		cmocka_unit_test(what_the_database_does_not_know_is_an_address),
		cmocka_unit_test(another_database_takes_the_place_and_one_that_is_none_does_not),
		cmocka_unit_test(a_file_that_is_no_database_refuses_the_start_in_a_sentence),
	};
	return cmocka_run_group_tests_name("core/place", tests, start, stop);
}
