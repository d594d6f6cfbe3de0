#include "core/place.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/retire.h"

/* Never written once it is open: read from any thread. */
static _Atomic(MMDB_s *) at_work;

static void give_up(void *database)
{
	MMDB_close(database);
	free(database);
}

/* NULL when the file is none. */
static MMDB_s *open_database(const char *file, const char **why_r)
{
	static char why[512];
	MMDB_s *database = calloc(1, sizeof *database);
	MUST(database);
	const int status = MMDB_open(file, MMDB_MODE_MMAP, database);
	if (status == MMDB_SUCCESS)
		return database;
	snprintf(why, sizeof why, "page.geoip: %s is no MaxMind database that can be read: %s", file,
		MMDB_strerror(status));
	*why_r = why;
	free(database);
	return NULL;
}

int place_start(const char *file, const char **why_r)
{
	MMDB_s *database = *file ? open_database(file, why_r) : NULL;
	if (*file && !database)
		return -1;
	retire(atomic_exchange(&at_work, database), give_up);
	return 0;
}

void place_stop(void)
{
	MMDB_s *database = atomic_exchange(&at_work, NULL);
	if (database)
		give_up(database);
}

/* The name of what ("city", "country"), in that language or in English; absent when the entry has none. */
static struct text name_of(MMDB_entry_s *entry, const char *what, const char *language)
{
	const char *const languages[] = {language, "en"};
	for (size_t i = 0; i < COUNT(languages); i++) {
		MMDB_entry_data_s data;
		const int status = MMDB_get_value(entry, &data, what, "names", languages[i], NULL);
		if (status == MMDB_SUCCESS && data.has_data && data.type == MMDB_DATA_TYPE_UTF8_STRING &&
			data.data_size > 0)
			return text_bytes(data.utf8_string, data.data_size);
	}
	return TEXT_NONE;
}

static bool look_up(struct ip ip, MMDB_entry_s *entry_r)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	int status = MMDB_SUCCESS;
	MMDB_s *database = atomic_load(&at_work);
	if (!database)
		return false;
	memcpy(&six.sin6_addr, ip.b, sizeof ip.b);
	memcpy(&four.sin_addr, ip.b + sizeof ip.b - sizeof four.sin_addr, sizeof four.sin_addr);
	const struct sockaddr *address = ip_is_v4(ip) ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	MMDB_lookup_result_s found = MMDB_lookup_sockaddr(database, address, &status);
	if (status != MMDB_SUCCESS || !found.found_entry)
		return false;
	*entry_r = found.entry;
	return true;
}

struct text place_of(struct arena *arena, struct ip ip, struct text language)
{
	struct text city = TEXT_NONE, country = TEXT_NONE;
	MMDB_entry_s entry;
	if (look_up(ip, &entry)) {
		const char *tag = text_absent(language) ? "en" : arena_string(arena, language);
		city = name_of(&entry, "city", tag);
		country = name_of(&entry, "country", tag);
	}
	if (text_absent(country)) {
		char address[IP_TEXT_SIZE];
		ip_write(ip, address);
		return text_absent(city) ? arena_copy(arena, text_of(address)) : arena_copy(arena, city);
	}
	if (text_absent(city))
		return arena_copy(arena, country);
	return arena_printf(arena, "%.*s, %.*s", TEXT_ARG(city), TEXT_ARG(country));
}
