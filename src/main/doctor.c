#include "main/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/assets.h"
#include "db/db.h"
#include "main/cli_socket.h"

static const struct {
	const char *name;
	void (*look)(struct doctor *doctor);
} CHECKS[] = {
	{"server", doctor_server},
	{"folder", doctor_folder},
	{"master_key", doctor_key},
	{"socket", doctor_socket},
	{"store", doctor_engine},
	{"pages", doctor_pages},
	{"log", doctor_log},
	{"migrations", doctor_migrations},
	{"disk", doctor_disk},
	{"clock", doctor_clock},
	{"newest", doctor_newest},
	{"descriptors", doctor_descriptors},
	{"tools", doctor_tools},
	{"certificate", doctor_certificate},
	{"proxies", doctor_proxies},
	{"public_url", doctor_public_url},
	{"mail", doctor_mail},
	{"sms", doctor_sms},
};

/* ---- what is found ---- */

const char *doctor_level_name(enum doctor_level level)
{
	static const char *const NAMES[] = {
		[DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_PROBLEM] = "problem"};
	return NAMES[level];
}

PRINTF_LIKE(4, 0)
static void add(struct doctor *doctor, enum doctor_level level, const char *remedy, const char *saw, va_list args)
	PRINTF_LIKE(4, 0);
static void add(struct doctor *doctor, enum doctor_level level, const char *remedy, const char *saw, va_list args)
{
	char text[1024];
	MUST(doctor->count < DOCTOR_FINDINGS_MAX);
	vsnprintf(text, sizeof text, saw, args);
	text_tame(text);
	doctor->findings[doctor->count++] = (struct doctor_finding){
		.level = level,
		.check = doctor->check,
		.saw = arena_string(doctor->arena, text_of(text)),
		.remedy = remedy,
	};
}

void doctor_fine(struct doctor *doctor, const char *saw, ...)
{
	va_list args;
	va_start(args, saw);
	add(doctor, DOCTOR_OK, NULL, saw, args);
	va_end(args);
}

void doctor_warn(struct doctor *doctor, const char *remedy, const char *saw, ...)
{
	va_list args;
	va_start(args, saw);
	add(doctor, DOCTOR_WARNING, remedy, saw, args);
	va_end(args);
}

void doctor_blame(struct doctor *doctor, const char *remedy, const char *saw, ...)
{
	va_list args;
	va_start(args, saw);
	add(doctor, DOCTOR_PROBLEM, remedy, saw, args);
	va_end(args);
}

const char *doctor_told(const struct doctor *doctor, const char *key)
{
	const char *value = json_string_value(json_object_get(doctor->server, key));
	return value ? value : "";
}

int64_t doctor_told_int(const struct doctor *doctor, const char *key)
{
	return json_integer_value(json_object_get(doctor->server, key));
}

const char *doctor_store_file(const struct doctor *doctor)
{
	const char *url = doctor->settings->store_url;
	return strncmp(url, "sqlite:", 7) == 0 ? url + 7 : NULL;
}

const char *doctor_size(struct doctor *doctor, int64_t bytes)
{
	static const char *const UNITS[] = {"KiB", "MiB", "GiB", "TiB"};
	double size = (double)bytes / 1024;
	size_t unit = 0;
	for (; size >= 1024 && unit + 1 < COUNT(UNITS); unit++)
		size /= 1024;
	return arena_printf(doctor->arena, "%.1f %s", size, UNITS[unit]).p;
}

/* ---- what it goes by ---- */

static json_t *ask_server(struct doctor *doctor)
{
	const struct api_local request = {.method = HTTP_GET, .path = TEXT("/operator/facts")};
	struct text answer = TEXT_NONE;
	const char *socket = arena_printf(doctor->arena, "%s/keywright.sock", doctor->data).p;
	int status = cli_socket_request(doctor->arena, socket, &request, &answer);
	if (status == 0)
		return NULL;
	/* one that serves but cannot answer is a server too */
	json_t *facts = status == 200 ? json_loadb(answer.p, answer.n, 0, NULL) : NULL;
	return facts ? facts : json_object();
}

/* By the rules of dev mode where the server runs in it, and where the settings would otherwise not be read at all: then
 * they are a finding, and the rest can still be looked at. */
static void read_settings(struct doctor *doctor, const struct boot_options *options)
{
	struct boot_options wanted = *options;
	const char *why = NULL;
	doctor->check = "settings";
	wanted.dev = wanted.dev || json_is_true(json_object_get(doctor->server, "dev"));
	doctor->settings = boot_read_settings(doctor->arena, &wanted, &why);
	if (doctor->settings) {
		doctor_fine(doctor, "they can be read, and fit together");
		return;
	}
	doctor_blame(doctor, "correct it; keywright config check looks at the settings alone", "%s", why);
	wanted.dev = true;
	doctor->settings = boot_read_settings(doctor->arena, &wanted, &why);
}

static void open_store(struct doctor *doctor)
{
	size_t count;
	const struct db_migration *migrations = assets_migrations(doctor->arena, &count);
	const struct db_config config = {
		.url = doctor->settings->store_url, .connections = 1, .queue = 1, .as_it_is = true};
	struct stat folder;
	doctor->hands_off = geteuid() == 0 && stat(doctor->data, &folder) == 0 && folder.st_uid != 0;
	if (!doctor->server && !doctor->hands_off)
		doctor->db = db_open(&config, migrations, count, &doctor->no_store);
}

void doctor_examine(struct doctor *doctor, const struct boot_options *options)
{
	doctor->data = options->data ? options->data : "data";
	doctor->server = ask_server(doctor);
	read_settings(doctor, options);
	if (!doctor->settings)
		return;
	doctor->public_url = doctor->settings->server_public_url;
	open_store(doctor);
	for (size_t i = 0; i < COUNT(CHECKS); i++) {
		doctor->check = CHECKS[i].name;
		CHECKS[i].look(doctor);
	}
}

void doctor_done(struct doctor *doctor)
{
	db_close(doctor->db);
	json_decref(doctor->server);
}
