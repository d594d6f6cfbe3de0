/* The command line as one calls it: words to exit codes, carried out on a store of its own without a server. */
#include "../check.h"

#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/router.h"
#include "main/cli.h"
#include "main/command.h"
#include "main/endpoints.h"

/* ---- calling ---- */

static char data[] = "/tmp/kw_cli_XXXXXX";
static char out[65536], err[65536]; /* of the last call */

static int make_data(void **state)
{
	*state = arena_new();
	memcpy(data + sizeof data - 7, "XXXXXX", 6);
	return mkdtemp(data) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	return remove(path);
}

static int remove_data(void **state)
{
	arena_free(*state);
	return nftw(data, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
#define WITH_DATA(test) cmocka_unit_test_setup_teardown(test, make_data, remove_data)

/* Puts a file of memory in the place of a stream; returns what stood there. */
static int divert(FILE *stream, int to)
{
	fflush(stream);
	int kept = dup(fileno(stream));
	dup2(to, fileno(stream));
	return kept;
}

static void restore(FILE *stream, int kept, int from, char *text, size_t room)
{
	fflush(stream);
	dup2(kept, fileno(stream));
	ssize_t n = pread(from, text, room - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	close(kept);
	close(from);
}

/* keywright --data … words, which end with NULL. */
static int call_words(const char *const *words)
{
	char *argv[32] = {(char[]){"keywright"}, (char[]){"--data"}, data};
	int argc = 3;
	while (*words && argc < 31)
		argv[argc++] = (char *)*words++;
	int out_file = memfd_create("out", 0), err_file = memfd_create("err", 0);
	int kept_out = divert(stdout, out_file), kept_err = divert(stderr, err_file);
	int code = cli_main(argc, argv);
	restore(stdout, kept_out, out_file, out, sizeof out);
	restore(stderr, kept_err, err_file, err, sizeof err);
	return code;
}
#define CALL(...) call_words((const char *const[]){__VA_ARGS__, NULL})

static void check_says(const char *said, const char *what)
{
	if (!strstr(said, what))
		fail_msg("\"%s\" does not say \"%s\"", said, what);
}

/* The string under a key of the JSON that the last call printed. */
static const char *printed(struct arena *arena, const char *key)
{
	json_t *json = json_loads(out, 0, NULL);
	assert_non_null(json);
	const char *value = json_string_value(json_object_get(json, key));
	assert_non_null(value);
	value = arena_string(arena, text_of(value));
	json_decref(json);
	return value;
}

/* ---- the tests ---- */

static void words_that_make_no_command_are_a_usage_error(void **state)
{
	assert_int_equal(CALL("frobnicate"), EXIT_USAGE);
	check_says(err, "unknown command frobnicate; try keywright help");
	assert_int_equal(CALL("usr", "list"), EXIT_USAGE);
	check_says(err, "unknown command usr list (did you mean user list?); try keywright help");
	assert_int_equal(CALL("app", "lst"), EXIT_USAGE);
	check_says(err, "unknown command app lst (did you mean app list?); try keywright help app");
	assert_int_equal(CALL("doctr"), EXIT_USAGE);
	check_says(err, "unknown command doctr (did you mean doctor?); try keywright help");
	assert_int_equal(CALL("app"), EXIT_USAGE);
	check_says(err, "app is the beginning of several commands; try keywright help app");
	assert_int_equal(CALL("app", "frobnicate"), EXIT_USAGE);
	assert_int_equal(CALL("version", "--config"), EXIT_USAGE);
	check_says(err, "--config needs a value");
	assert_int_equal(CALL("serve", "quickly"), EXIT_USAGE);
	check_says(err, "quickly is one word too many; try keywright help serve");
	assert_int_equal(CALL("backup", "file", "--forse"), EXIT_USAGE);
	check_says(err, "backup does not take --forse (did you mean --force?); try keywright help backup");
	assert_int_equal(CALL("config", "show", "--colour"), EXIT_USAGE);
	assert_int_equal(CALL("explain"), EXIT_USAGE);
	assert_int_equal(CALL("app", "create"), EXIT_USAGE);
	check_says(err, "NAME is missing; try keywright help app create");
	assert_int_equal(CALL("app", "create", "Shop", "more"), EXIT_USAGE);
	check_says(err, "more is one word too many");
	assert_int_equal(CALL("app", "create", "Shop", "--colour", "red"), EXIT_USAGE);
	check_says(err, "does not take --colour");
	assert_int_equal(CALL("app", "show", "a/b"), EXIT_USAGE);
	assert_int_equal(CALL("app", "show", ""), EXIT_USAGE);
	assert_int_equal(CALL("app", "set", "x", "colour", "red"), EXIT_USAGE);
	check_says(err, "app set does not take colour (did you mean color?); try keywright help app set");
	assert_int_equal(CALL("app", "set", "x", "name"), EXIT_USAGE);
	check_says(err, "name needs a value");
	assert_int_equal(CALL("explain", "OTP_INVLID"), EXIT_REFUSED);
	check_says(err, "there is no error code OTP_INVLID (did you mean OTP_INVALID?)");
}

static void help_lists_every_command(void **state)
{
	static const char *const WORDS[] = {
#define LOCAL(words, function, arguments, help) words,
#define REMOTE(words, endpoint, arguments, help) words,
#include "tables/commands.def"
#undef LOCAL
#undef REMOTE
	};
	assert_int_equal(CALL("help"), EXIT_DONE);
	for (size_t i = 0; i < COUNT(WORDS); i++)
		check_says(out, WORDS[i]);
}

static void a_code_is_explained_as_its_reference_page_does(void **state)
{
	assert_int_equal(CALL("explain", "OTP_INVALID"), EXIT_DONE);
	check_says(out, "OTP_INVALID (HTTP 400)\nThe code is wrong.");
	assert_int_equal(CALL("explain", "otp_invalid", "--json"), EXIT_DONE);
	check_says(out, "{\"success\":true,\"error\":\"OTP_INVALID\",\"status\":400,");
	assert_int_equal(CALL("explain", "otp"), EXIT_REFUSED);
	check_says(err, "there is no error code otp\n");
	assert_int_equal(CALL("version", "--json"), EXIT_DONE);
	check_says(out, "{\"version\":\"");
}

static void settings_are_checked_and_shown(void **state)
{
	assert_int_equal(CALL("config", "check", "--dev"), EXIT_DONE);
	assert_int_equal(CALL("config", "check"), EXIT_REFUSED);
	check_says(err, "server.public_url is required outside dev");
	assert_int_equal(CALL("config", "check", "--dev", "--listen", "0.0.0.0:80"), EXIT_REFUSED);
	check_says(err, "dev mode serves loopback only");
	assert_int_equal(CALL("config", "show", "--public-url", "https://id.example"), EXIT_DONE);
	check_says(out, "https://id.example");
	assert_int_equal(CALL("config", "show", "--dev", "--store", "postgres://user:hidden@host/db"), EXIT_DONE);
	assert_null(strstr(out, "hidden"));
}

static void an_app_is_made_shown_and_changed_without_a_server(void **state)
{
	assert_int_equal(CALL("app", "create", "My shop", "--json"), EXIT_DONE);
	const char *id = printed(*state, "app_id");
	assert_int_equal(strncmp(printed(*state, "app_secret"), "kws_", 4), 0);
	assert_int_equal(CALL("app", "set", id, "name", "Other", "require_secret", "true", "allowed_origins",
				 "https://a.example,https://b.example"),
		EXIT_DONE);
	assert_int_equal(CALL("app", "show", id), EXIT_DONE);
	check_says(out, "Other");
	check_says(out, "https://a.example, https://b.example");
	assert_int_equal(CALL("app", "list"), EXIT_DONE);
	check_says(out, id);
	assert_int_equal(CALL("app", "rotate-secret", id, "--grace-seconds", "60", "--json"), EXIT_DONE);
	assert_int_equal(strncmp(printed(*state, "app_secret"), "kws_", 4), 0);
}

static void what_is_true_or_false_needs_no_value_to_be_true(void **state)
{
	assert_int_equal(CALL("key", "rotate", "--now", "--json"), EXIT_DONE);
	check_says(out, "\"stage\":\"active\"");
	assert_int_equal(CALL("key", "rotate", "--now", "false", "--license", "--json"), EXIT_DONE);
	check_says(out, "\"stage\":\"published\"");
	check_says(out, "\"kind\":\"license\"");
	assert_int_equal(CALL("key", "rotate", "--now", "maybe"), EXIT_USAGE);
}

static void a_refusal_names_its_code_and_its_fields(void **state)
{
	assert_int_equal(CALL("app", "show", "01890a5d-ac96-774b-bcce-b302099a8057"), EXIT_REFUSED);
	check_says(err, "APP_NOT_FOUND");
	assert_int_equal(CALL("app", "show", "x"), EXIT_REFUSED);
	check_says(err, "VALIDATION_ERROR");
	check_says(err, "  app_id: Must be a UUID");
}

/* THREATS H9 */
static void a_master_key_that_others_can_read_is_refused(void **state)
{
	struct text key = arena_printf(*state, "%s/master.key", data);
	struct stat status;
	assert_int_equal(CALL("app", "list"), EXIT_DONE);
	assert_int_equal(stat(key.p, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(chmod(key.p, 0644), 0);
	assert_int_equal(CALL("app", "list"), EXIT_OUR_FAULT);
	check_says(err, "can be read by others");
	assert_int_equal(chmod(key.p, 0600), 0);
	assert_int_equal(truncate(key.p, 10), 0);
	assert_int_equal(CALL("app", "list"), EXIT_OUR_FAULT);
	check_says(err, "is not 64 hex digits");
}

static void every_word_of_the_commands_is_a_field_of_its_endpoint(void **state)
{
	static const struct {
		enum endpoint_id endpoint;
		const char *arguments;
	} ROWS[] = {
#define LOCAL(words, function, arguments, help)
#define REMOTE(words, endpoint, arguments, help) {ENDPOINT_##endpoint, arguments},
#include "tables/commands.def"
#undef LOCAL
#undef REMOTE
	};
	endpoints_bind();
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const struct action *action = router_endpoint(ROWS[i].endpoint)->action;
		struct text rest = text_of(ROWS[i].arguments), name;
		while (!text_absent(name = command_argument(&rest))) {
			bool known = text_equal(name, TEXT("KEY")) || text_equal(name, TEXT("VALUE..."));
			for (size_t f = 0; f < action->field_count; f++)
				known |= text_equal(name, text_of(action->fields[f].name));
			assert_true(known);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DATA(words_that_make_no_command_are_a_usage_error),
		WITH_DATA(help_lists_every_command),
		WITH_DATA(a_code_is_explained_as_its_reference_page_does),
		WITH_DATA(settings_are_checked_and_shown),
		WITH_DATA(an_app_is_made_shown_and_changed_without_a_server),
		WITH_DATA(what_is_true_or_false_needs_no_value_to_be_true),
		WITH_DATA(a_refusal_names_its_code_and_its_fields),
		WITH_DATA(a_master_key_that_others_can_read_is_refused),
		cmocka_unit_test(every_word_of_the_commands_is_a_field_of_its_endpoint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
