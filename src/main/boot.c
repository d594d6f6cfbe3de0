#include "main/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/assets.h"
#include "api/body.h"
#include "app/app.h"
#include "audit/audit.h"
#include "base/enc.h"
#include "base/retire.h"
#include "core/event_mac.h"
#include "core/limit.h"
#include "core/place.h"
#include "crypto/rand.h"
#include "db/db.h"
#include "deliver/deliver.h"
#include "exchange/exchange.h"
#include "license/license.h"
#include "magic/magic.h"
#include "main/endpoints.h"
#include "main/restored.h"
#include "otp/otp.h"
#include "page/flow.h"
#include "page/page.h"
#include "template/template.h"
#include "token/token.h"

int boot_fail(const char *format, ...)
{
	va_list args;
	fputs("keywright: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

/* ---- settings ---- */

/* http(s)://host:port of the address that is listened on: what dev mode goes by */
static const char *standard_url(struct boot *boot)
{
	const struct settings *settings = settings_now();
	return arena_printf(boot->arena, "http%s://%s", *settings->server_tls_cert ? "s" : "", settings->server_listen)
		.p;
}

static const char *host_of(struct arena *arena, const char *url)
{
	struct text host = text_of(strstr(url, "://") + 3);
	if (host.n && host.p[0] == '[')
		return arena_string(arena, text_bytes(host.p, strcspn(host.p, "]") + 1));
	return arena_string(arena, text_cut(&host, ':'));
}

/* What goes by the data folder when nothing else is said. */
static void fill(struct settings *settings)
{
	if (!*settings->store_url)
		settings->store_url = arena_printf(settings->arena, "sqlite:%s/keywright.db", settings->data).p;
	if (!*settings->store_master_key_file)
		settings->store_master_key_file = arena_printf(settings->arena, "%s/master.key", settings->data).p;
}

struct settings *boot_read_settings(struct arena *arena, const struct boot_options *options, const char **why_r)
{
	struct settings *settings = ARENA_NEW(arena, struct settings);
	if (settings_load(settings, arena, options->dev, options->data ? options->data : "data", options->config,
		    options->flags, options->flag_count, why_r) != 0 ||
		deliver_check(settings, why_r) != 0)
		return NULL;
	fill(settings);
	return settings;
}

int boot_settings(struct boot *boot, const struct boot_options *options)
{
	const char *why = NULL;
	struct arena *arena = arena_new();
	const struct settings *settings = boot_read_settings(arena, options, &why);
	boot->arena = arena_new();
	if (!settings) {
		(void)boot_fail("%s", why);
		arena_free(arena);
		return -1;
	}
	settings_publish(settings);
	boot->house.public_url = arena_string(
		boot->arena, text_of(*settings->server_public_url ? settings->server_public_url : standard_url(boot)));
	boot->house.public_host = host_of(boot->arena, boot->house.public_url);
	return 0;
}

int boot_words(struct boot *boot)
{
	const char *why = NULL;
	if (template_start(settings_now()->page_templates, &why) != 0 ||
		place_start(settings_now()->page_geoip, &why) != 0)
		return boot_fail("%s", why);
	return 0;
}

/* ---- data folder and master key ---- */

/* What root made in somebody's folder, its owner's server could not use any more. */
static int check_owner(const char *path)
{
	struct stat status;
	if (geteuid() != 0 || stat(path, &status) != 0 || status.st_uid == 0)
		return 0;
	const struct passwd *owner = getpwuid(status.st_uid);
	if (!owner)
		return boot_fail("the data folder %s is that of user %u: work on it as that user", path, status.st_uid);
	return boot_fail("the data folder %s is %s's: start its server, or work on it as that user (runuser -u %s -- "
			 "keywright …)",
		path, owner->pw_name, owner->pw_name);
}

static int make_folder(const char *path)
{
	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return boot_fail("cannot make the data folder %s: %s", path, strerror(errno));
	return check_owner(path);
}

/* A folder's entries are durable only when the folder is. */
static void sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

/* The file appears whole or not at all, whenever the process dies: half a key would be refused at the next start. */
static int write_key(struct boot *boot, const char *path)
{
	char hex[2 * MASTER_KEY_SIZE + 2];
	const char *part = arena_printf(boot->arena, "%s.part", path).p;
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return boot_fail("cannot make the master key %s: %s", path, strerror(errno));
	rand_bytes(boot->house.master, MASTER_KEY_SIZE);
	enc_hex(boot->house.master, MASTER_KEY_SIZE, hex);
	memcpy(hex + 2 * MASTER_KEY_SIZE, "\n", 2);
	bool written = write(fd, hex, sizeof hex - 1) == (ssize_t)sizeof hex - 1 && fsync(fd) == 0;
	close(fd);
	secret_wipe(hex, sizeof hex);
	/* link, unlike rename, replaces no key that another process made meanwhile */
	if (!written || link(part, path) != 0)
		return boot_fail("cannot write the master key %s: %s", path, strerror(errno));
	(void)unlink(part);
	sync_folder(settings_now()->data);
	boot->fresh = true;
	return 0;
}

static int read_key(struct boot *boot, const char *path, int fd)
{
	struct stat status;
	char hex[2 * MASTER_KEY_SIZE];
	if (fstat(fd, &status) != 0 || (status.st_mode & 077) != 0)
		return boot_fail(
			"the master key %s can be read by others; chmod 600 it, and think about who read it", path);
	bool good = read(fd, hex, sizeof hex) == (ssize_t)sizeof hex &&
		    enc_hex_read(text_bytes(hex, sizeof hex), boot->house.master, MASTER_KEY_SIZE) == 0;
	secret_wipe(hex, sizeof hex);
	return good ? 0 : boot_fail("the master key %s is not 64 hex digits", path);
}

static int open_key(struct boot *boot, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return boot_fail("cannot read the master key %s: %s", path, strerror(errno));
	int result = read_key(boot, path, fd);
	close(fd);
	return result;
}

static int load_key(struct boot *boot)
{
	const char *path = settings_now()->store_master_key_file;
	return access(path, F_OK) != 0 && errno == ENOENT ? write_key(boot, path) : open_key(boot, path);
}

int boot_key(struct boot *boot)
{
	TRY(check_owner(settings_now()->data));
	return open_key(boot, settings_now()->store_master_key_file);
}

/* ---- store ---- */

static int open_store(struct boot *boot, bool as_it_is)
{
	size_t count;
	const struct db_migration *migrations = assets_migrations(boot->arena, &count);
	const struct db_config config = {.url = settings_now()->store_url,
		.connections = (unsigned)settings_now()->store_connections,
		.queue = (unsigned)settings_now()->server_queue,
		.as_it_is = as_it_is};
	const char *why = NULL;
	boot->house.db = db_open(&config, migrations, count, &why);
	return boot->house.db ? 0 : boot_fail("%s", why);
}

static int start_rooms(struct boot *boot)
{
	const struct house *house = &boot->house;
	event_mac_start(house);
	if (restored_begin_epoch(house) != 0)
		return boot_fail("cannot begin the new epoch of the restored store");
	limit_start(house);
	audit_start(house);
	if (app_start(house) != 0 || token_start(house) != 0 || signin_start(house) != 0 || otp_start(house) != 0 ||
		magic_start(house) != 0 || exchange_start(house) != 0 || license_start(house) != 0)
		return boot_fail("cannot read apps and keys from the store");
	flow_start(house);
	page_start(house);
	endpoints_start(house);
	return 0;
}

int boot_start(struct boot *boot, const struct boot_options *options)
{
	body_start();
	if (boot_settings(boot, options) != 0 || boot_words(boot) != 0 || make_folder(settings_now()->data) != 0 ||
		load_key(boot) != 0 || open_store(boot, false) != 0)
		return -1;
	return start_rooms(boot);
}

int boot_look(struct boot *boot, const struct boot_options *options)
{
	TRY(boot_settings(boot, options));
	TRY(check_owner(settings_now()->data));
	return open_store(boot, true);
}

void boot_stop(struct boot *boot)
{
	if (boot->house.db) {
		db_close(boot->house.db);
		page_stop();
		flow_stop();
		license_stop();
		exchange_stop();
		magic_stop();
		otp_stop();
		signin_stop();
		token_stop();
		app_stop();
		limit_stop();
		event_mac_stop();
	}
	secret_wipe(boot->house.master, sizeof boot->house.master);
	place_stop();
	template_stop();
	settings_publish(NULL);
	retire_stop();
	arena_free(boot->arena);
}
