/* keywright doctor: what it found, for people and for machines. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "main/cli.h"
#include "main/doctor.h"

static void print_for_people(const struct doctor *doctor, const size_t *counts)
{
	for (size_t i = 0; i < doctor->count; i++) {
		const struct doctor_finding *finding = &doctor->findings[i];
		printf("%-8s %-12s %s\n", doctor_level_name(finding->level), finding->check, finding->saw);
		if (finding->remedy)
			printf("%-21s -> %s\n", "", finding->remedy);
	}
	printf("\n%zu ok, %zu warnings, %zu problems\n", counts[DOCTOR_OK], counts[DOCTOR_WARNING],
		counts[DOCTOR_PROBLEM]);
}

static void print_for_machines(const struct doctor *doctor, const size_t *counts)
{
	json_t *findings = json_array();
	for (size_t i = 0; i < doctor->count; i++) {
		const struct doctor_finding *finding = &doctor->findings[i];
		json_t *row = json_pack("{s:s, s:s, s:s, s:s?}", "check", finding->check, "level",
			doctor_level_name(finding->level), "saw", finding->saw, "remedy", finding->remedy);
		json_array_append_new(findings, row);
	}
	json_t *answer = json_pack("{s:b, s:o, s:i, s:i, s:i}", "success", counts[DOCTOR_PROBLEM] == 0, "findings",
		findings, "ok", (int)counts[DOCTOR_OK], "warnings", (int)counts[DOCTOR_WARNING], "problems",
		(int)counts[DOCTOR_PROBLEM]);
	char *text = json_dumps(answer, JSON_COMPACT);
	puts(text);
	free(text);
	json_decref(answer);
}

int cli_doctor(const struct cli *cli)
{
	struct doctor doctor = {.arena = arena_new(), .public_url = ""};
	size_t counts[DOCTOR_LEVELS] = {0};
	signal(SIGPIPE, SIG_IGN);
	doctor_examine(&doctor, &cli->options);
	for (size_t i = 0; i < doctor.count; i++)
		counts[doctor.findings[i].level]++;
	(cli->json ? print_for_machines : print_for_people)(&doctor, counts);
	doctor_done(&doctor);
	arena_free(doctor.arena);
	return counts[DOCTOR_PROBLEM] ? EXIT_REFUSED : EXIT_DONE;
}
