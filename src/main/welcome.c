#include "main/welcome.h"

#include <errno.h>
#include <stdio.h>

#include "base/enc.h"
#include "main/demo.h"

static void say_how_to_sign_in(const char *url, const char *app_id)
{
	printf("Or sign in by API, in three steps (another terminal):\n\n"
	       "  curl -s %s/v1/auth/send-otp -H 'Content-Type: application/json' \\\n"
	       "    -d '{\"app_id\":\"%s\",\"email\":\"ada@example.com\"}'\n\n"
	       "  curl -s '%s/dev/messages?to=ada@example.com&limit=1'     # the code, or open %s/dev/inbox\n\n"
	       "  curl -s %s/v1/auth/verify-otp -H 'Content-Type: application/json' \\\n"
	       "    -d '{\"app_id\":\"%s\",\"otp_request_id\":\"PASTE\",\"otp\":\"PASTE\"}'\n\n",
		url, app_id, url, url, url, app_id);
}

static void say_new_demo(const struct boot *boot, const struct demo *demo)
{
	char app_id[UUID_TEXT_SIZE];
	uuid_write(demo->app_id, app_id);
	printf("A demo app was made. Its secret is shown this once:\n\n"
	       "  app_id      %s\n  app_secret  %.*s\n\n",
		app_id, TEXT_ARG(demo->secret));
	say_how_to_sign_in(boot->house.public_url, app_id);
}

/* To a newcomer all there is to know, later just where it is. */
static int say_demo(const struct boot *boot)
{
	struct arena *arena = arena_new();
	struct demo demo;
	int failed = demo_open(boot, arena, &demo);
	if (!failed && !uuid_is_nil(demo.app_id))
		printf("  try it      %.*s\n\n", TEXT_ARG(demo.url));
	if (!failed && !text_absent(demo.secret))
		say_new_demo(boot, &demo);
	arena_free(arena);
	return failed;
}

/* The program is named as it was called: a newcomer has it nowhere else yet. */
static void say_what_next(void)
{
	struct arena *arena = arena_new();
	struct buf program;
	buf_init(&program, arena, 64);
	enc_shell_add(&program, text_of(program_invocation_name));
	printf("Stop with Ctrl-C. `%.*s app list` shows the apps; every error explains itself at /reference/errors.\n",
		TEXT_ARG(buf_text(&program)));
	arena_free(arena);
}

int welcome(const struct boot *boot)
{
	const char *url = boot->house.public_url;
	printf("Keywright " KW_VERSION "%s\n\n  listening   %s\n  data        %s\n",
		settings_now()->dev ? ", dev mode" : "", url, settings_now()->data);
	if (!settings_now()->dev) {
		puts("");
		fflush(stdout);
		return 0;
	}
	printf("  inbox       %s/dev/inbox\n", url);
	if (say_demo(boot) != 0)
		return -1;
	say_what_next();
	fflush(stdout);
	return 0;
}
