#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/assets.h"
#include "core/err.h"
#include "main/cli.h"
#include "main/cli_meant.h"

/* Takes over the answer. */
static void print_json(json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	puts(text);
	free(text);
	json_decref(answer);
}
#include "main/cli_import.h"

static void show_setting(void *context, const struct settings_row *row)
{
	printf("%-28s %-32s %-5s # %s%s%s\n", row->name, *row->value ? row->value : "-", row->live ? "live" : "start",
		row->help, *row->standard ? "; default " : "", row->standard);
}

static void add_setting(void *context, const struct settings_row *row)
{
	json_t *settings = context;
	json_array_append_new(settings, json_pack("{s:s, s:s, s:s, s:b, s:s}", "name", row->name, "value", row->value,
						"default", row->standard, "live", (int)row->live, "help", row->help));
}

int cli_config_show(const struct cli *cli)
{
	struct boot boot = {0};
	json_t *settings = json_array();
	int failed = boot_settings(&boot, &cli->options);
	if (!failed)
		settings_each(settings_now(), cli->json ? add_setting : show_setting, settings);
	if (!failed && cli->json)
		print_json(json_pack("{s:b, s:O}", "success", 1, "settings", settings));
	json_decref(settings);
	boot_stop(&boot);
	return failed ? EXIT_REFUSED : EXIT_DONE;
}

/* Lines stay far below the 198 bytes that inih reads at once. */
static void print_sample(void *context, const struct settings_row *row)
{
	const char **section = context;
	if (!*section || strcmp(*section, row->section) != 0)
		printf("\n[%s]\n", row->section);
	*section = row->section;
	printf("# %s\n# (%s", row->help, row->type);
	if (*row->min)
		printf(", %s to %s", row->min, row->max);
	printf("%s)\n;%s =%s%s\n", row->live ? "" : ", needs a restart", row->key, *row->standard ? " " : "",
		row->standard);
}

int cli_config_sample(const struct cli *cli)
{
	const char *section = NULL;
	puts("# Settings of Keywright. Each stands here as it is when nothing is said; take the \";\" away to say "
	     "something.\n"
	     "# A reload (SIGHUP) takes changes over, except where a restart is needed. Before either,\n"
	     "# `keywright config check --config FILE` says whether the file is good.");
	settings_each(NULL, print_sample, &section);
	return EXIT_DONE;
}

int cli_config_check(const struct cli *cli)
{
	struct boot boot = {0};
	int failed = boot_settings(&boot, &cli->options) || boot_words(&boot);
	if (!failed)
		puts(cli->json ? "{\"success\":true}" : "The settings are fine.");
	boot_stop(&boot);
	return failed ? EXIT_REFUSED : EXIT_DONE;
}

int cli_user_import(const struct cli *cli)
{
	return cli_import(cli, ENDPOINT_account_create, NULL);
}

/* A row without a key would get a fresh one, which nobody would ever see. */
int cli_license_import(const struct cli *cli)
{
	return cli_import(cli, ENDPOINT_license_issue, "license_key");
}

static const struct asset *page_of(struct arena *arena, const struct err_info *info)
{
	return assets_find(arena_printf(arena, "errors/%s/page", info->name));
}

static void explain(struct arena *arena, const struct err_info *info)
{
	const struct asset *page = page_of(arena, info);
	printf("%s (HTTP %d)\n%s\n%s\n", info->name, info->status, info->message, info->what_to_do);
	if (page)
		printf("\n%s", page->bytes.p);
}

static void explain_in_json(struct arena *arena, const struct err_info *info)
{
	const struct asset *page = page_of(arena, info);
	print_json(
		json_pack("{s:b, s:s, s:i, s:s, s:s, s:s?}", "success", 1, "error", info->name, "status", info->status,
			"message", info->message, "what_to_do", info->what_to_do, "page", page ? page->bytes.p : NULL));
}

/* The code as it is, or spelled otherwise; ERR_NONE: what may have been meant. */
static enum err code_named(const char *code, struct cli_meant *meant)
{
	for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++) {
		if (text_equal_nocase(text_of(err_info(err)->name), text_of(code)))
			return err;
		cli_meant_try(meant, err_info(err)->name);
	}
	return ERR_NONE;
}

int cli_explain(const struct cli *cli)
{
	if (cli->count != cli->taken + 1)
		return cli_usage("explain takes one error code; all are in /reference/errors");
	struct arena *arena = arena_new();
	const char *code = cli->words[cli->taken];
	struct cli_meant meant = cli_meant_by(text_of(code));
	const enum err err = code_named(code, &meant);
	if (err == ERR_NONE)
		fprintf(stderr, "keywright: there is no error code %s%s\n", code, cli_meant_hint(arena, &meant));
	else
		(cli->json ? explain_in_json : explain)(arena, err_info(err));
	arena_free(arena);
	return err == ERR_NONE ? EXIT_REFUSED : EXIT_DONE;
}

int cli_version(const struct cli *cli)
{
	printf(cli->json ? "{\"version\":\"%s\"}\n" : "keywright %s\n", KW_VERSION);
	return EXIT_DONE;
}
