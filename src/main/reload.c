#include "main/reload.h"

#include <stdatomic.h>

#include "base/log.h"
#include "core/place.h"
#include "net/http.h"
#include "template/template.h"

static struct {
	_Atomic uint64_t reloads, refused;
	_Atomic bool kept_old;
	_Atomic unsigned waiting;
} room;

struct reload_stats reload_stats(void)
{
	return (struct reload_stats){
		.reloads = room.reloads, .refused = room.refused, .kept_old = room.kept_old, .waiting = room.waiting};
}

static int refuse(const char *what, const char *why)
{
	struct log_line line;
	log_begin(&line, LOG_ERROR, "reload.refused");
	log_string(&line, "kept", what);
	log_string(&line, "why", why);
	log_end(&line);
	return -1;
}

static void note_waiting(void *context, const char *name)
{
	struct log_line line;
	log_begin(&line, LOG_WARN, "reload.needs_restart");
	log_string(&line, "setting", name);
	log_string(&line, "what", "its new value needs a restart; the old one stays until then");
	log_end(&line);
	(*(unsigned *)context)++;
}

static int read_settings(const struct boot_options *options)
{
	const char *why = NULL;
	struct arena *arena = arena_new();
	struct settings *settings = boot_read_settings(arena, options, &why);
	if (!settings) {
		(void)refuse("settings", why);
		arena_free(arena);
		return -1;
	}
	unsigned waiting = 0;
	settings_keep(settings, settings_now(), note_waiting, &waiting);
	room.waiting = waiting;
	settings_publish(settings);
	log_lowest(log_level_named(settings->server_log_level));
	return 0;
}

static int read_words(void)
{
	const char *why = NULL;
	return template_start(settings_now()->page_templates, &why) == 0 ? 0 : refuse("templates", why);
}

static int read_places(void)
{
	const char *why = NULL;
	return place_start(settings_now()->page_geoip, &why) == 0 ? 0 : refuse("places", why);
}

static int read_certificate(struct server *server)
{
	const char *why = NULL;
	return server_reload_tls(server, &why) == 0 ? 0 : refuse("certificate", why);
}

void reload(const struct boot_options *options, struct server *server)
{
	int refused = 0;
	refused += read_settings(options) != 0;
	refused += read_words() != 0;
	refused += read_places() != 0;
	refused += read_certificate(server) != 0;
	room.refused += (uint64_t)(refused > 0);
	room.kept_old = refused > 0;
	room.reloads++;
	log_say(refused ? LOG_WARN : LOG_INFO, "reload", "%s",
		refused ? "what could be read is at work; what could not is as it was"
			: "settings, templates, places and certificate are read again");
}
