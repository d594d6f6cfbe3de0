#include "main/welcome.h"

#include <stdio.h>

#include "app/app.h"
#include "db/db.h"

struct demo {
	struct arena *arena;
	struct uuid app_id;
	struct text secret;
};

static enum db_verdict make_demo(void *context, struct db_tx *tx)
{
	struct demo *demo = context;
	struct op *op = op_new(demo->arena);
	op->tx = tx;
	return app_make(op, TEXT("Demo"), &demo->app_id, &demo->secret) == ERR_NONE ? DB_KEEP : DB_UNDO;
}

static void say_how_to_sign_in(const char *url, const char *app_id)
{
	printf("Sign in, in three steps (another terminal):\n\n"
	       "  curl -s %s/v1/auth/send-otp -H 'Content-Type: application/json' \\\n"
	       "    -d '{\"app_id\":\"%s\",\"email\":\"ada@example.com\"}'\n\n"
	       "  curl -s '%s/dev/messages?to=ada@example.com&limit=1'     # the code, or open %s/dev/inbox\n\n"
	       "  curl -s %s/v1/auth/verify-otp -H 'Content-Type: application/json' \\\n"
	       "    -d '{\"app_id\":\"%s\",\"otp_request_id\":\"PASTE\",\"otp\":\"PASTE\"}'\n\n",
		url, app_id, url, url, url, app_id);
}

static int welcome_newcomer(const struct boot *boot)
{
	struct demo demo = {.arena = arena_new()};
	char app_id[UUID_TEXT_SIZE];
	int failed = db_run(boot->house.db, make_demo, &demo) != DB_COMMITTED;
	if (!failed) {
		app_reload();
		uuid_write(demo.app_id, app_id);
		printf("A demo app was made. Its secret is shown this once:\n\n"
		       "  app_id      %s\n  app_secret  %.*s\n\n",
			app_id, TEXT_ARG(demo.secret));
		say_how_to_sign_in(boot->house.public_url, app_id);
	}
	arena_free(demo.arena);
	return failed;
}

int welcome(const struct boot *boot)
{
	bool dev = boot->settings.dev;
	printf("Keywright " KW_VERSION "%s\n\n  listening   %s\n  data        %s\n", dev ? ", dev mode" : "",
		boot->house.public_url, boot->settings.data);
	if (dev)
		printf("  inbox       %s/dev/inbox\n", boot->house.public_url);
	puts("");
	int failed = dev && app_count() == 0 ? welcome_newcomer(boot) : 0;
	if (!failed && dev)
		puts("Stop with Ctrl-C. `keywright app list` shows the apps; every error explains itself at "
		     "/reference/errors.");
	fflush(stdout);
	return failed;
}
