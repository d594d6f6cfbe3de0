/*
 * Configuration files of any bytes. Either a sentence says what is wrong, or every setting lies within its bounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One file for all runs of this process, rewritten. */
static const char *write_file(const uint8_t *data, size_t size)
{
	static char path[] = "/dev/shm/kw_fuzz_XXXXXX";
	static int fd = -1;
	if (fd < 0)
		fd = mkstemp(path);
	MUST(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	return path;
}

static void ignore(void *context, const struct settings_row *row)
{
	MUST(*row->name && row->value && row->standard && *row->help);
}

static void check_settings(const struct settings *settings)
{
	MUST(settings->otp_length >= 6 && settings->otp_length <= 10);
	MUST(settings->otp_ttl >= 1000 && settings->otp_ttl <= 600000);
	MUST(settings->otp_send_limit >= 1 && settings->otp_send_limit <= 100);
	MUST(settings->token_access_ttl >= 1000 && settings->token_access_ttl <= 3600000);
	MUST(settings->server_threads >= 0 && settings->server_threads <= 64);
	MUST(settings->limit_sends_per_address.count >= 1 && settings->limit_sends_per_address.window_ms >= 1000);
	MUST(!*settings->server_tls_cert == !*settings->server_tls_key);
	settings_each(settings, ignore, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct settings settings;
	const char *why = NULL;
	if (settings_load(&settings, arena, true, "data", write_file(data, size), NULL, 0, &why) == 0)
		check_settings(&settings);
	else
		MUST(why && *why);
	arena_free(arena);
	return 0;
}
