#include <stdio.h>

#include "api/assets.h"
#include "core/err.h"
#include "main/cli.h"
#include "main/cli_import.h"

static void show_setting(void *context, const struct settings_row *row)
{
	printf("%-28s %-32s %-5s # %s%s%s\n", row->name, *row->value ? row->value : "-", row->live ? "live" : "start",
		row->help, *row->standard ? "; default " : "", row->standard);
}

int cli_config_show(const struct cli *cli)
{
	struct boot boot = {0};
	int failed = boot_settings(&boot, &cli->options);
	if (!failed)
		settings_each(settings_now(), show_setting, NULL);
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
		puts("The settings are fine.");
	boot_stop(&boot);
	return failed ? EXIT_REFUSED : EXIT_DONE;
}

int cli_user_import(const struct cli *cli)
{
	return cli_import(cli, ENDPOINT_account_create);
}

int cli_explain(const struct cli *cli)
{
	if (cli->count != cli->taken + 1)
		return cli_usage("explain takes one error code; all are in /reference/errors");
	const char *code = cli->words[cli->taken];
	enum err err = err_named(text_of(code));
	if (err == ERR_NONE) {
		fprintf(stderr, "keywright: there is no error code %s\n", code);
		return EXIT_REFUSED;
	}
	struct arena *arena = arena_new();
	const struct err_info *info = err_info(err);
	const struct asset *page = assets_find(arena_printf(arena, "errors/%s/page", info->name));
	printf("%s (HTTP %d)\n%s\n%s\n", info->name, info->status, info->message, info->what_to_do);
	if (page)
		printf("\n%s", page->bytes.p);
	arena_free(arena);
	return EXIT_DONE;
}

int cli_version(const struct cli *cli)
{
	printf(cli->json ? "{\"version\":\"%s\"}\n" : "keywright %s\n", KW_VERSION);
	return EXIT_DONE;
}
