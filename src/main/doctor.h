/*
 * keywright doctor: looks at everything that a server needs around it, and says what is wrong and what to do. A check is a
 * row of the table in doctor.c and a function that says what it found, with the words below.
 *
 * While a server runs, the store is its alone: what only it knows it is asked for, over the operator's socket.
 */
#ifndef KW_MAIN_DOCTOR_H
#define KW_MAIN_DOCTOR_H

#include <jansson.h>

#include "api/action.h"
#include "main/boot.h"

enum doctor_level { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_PROBLEM, DOCTOR_LEVELS };

struct doctor_finding {
	enum doctor_level level;
	const char *check;
	const char *saw, *remedy; /* remedy: NULL where nothing is to be done */
};

enum { DOCTOR_FINDINGS_MAX = 64 };

/* What the checks go by, and what they found. */
struct doctor {
	struct arena *arena;
	const char *data;
	const struct settings *settings; /* as a server would read them now */
	const char *public_url;          /* "" where there is none */
	json_t *server;                  /* what a running one says of itself (doctor_facts); NULL: none runs */
	struct db *db;                   /* without a server: the store as it is; NULL: it cannot be opened */
	const char *no_store;            /* why not */
	bool hands_off;    /* root, in the folder of somebody else: what it opened there, its owner could not */
	const char *check; /* at work */
	struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
	size_t count;
};

/* Looks at all. The settings that options lead to are read first. */
void doctor_examine(struct doctor *doctor, const struct boot_options *options);
/* Closes what was opened for it. */
void doctor_done(struct doctor *doctor);
/* "ok", "warning", "problem" */
const char *doctor_level_name(enum doctor_level level);

/* For checks: all is well, something may go wrong, something is wrong. No secret may be in what is said. */
void doctor_fine(struct doctor *doctor, const char *saw, ...) PRINTF_LIKE(2, 3);
void doctor_warn(struct doctor *doctor, const char *remedy, const char *saw, ...) PRINTF_LIKE(3, 4);
void doctor_blame(struct doctor *doctor, const char *remedy, const char *saw, ...) PRINTF_LIKE(3, 4);
/* What the server says under a key: "" and 0 without one. */
const char *doctor_told(const struct doctor *doctor, const char *key);
int64_t doctor_told_int(const struct doctor *doctor, const char *key);
/* The path of the SQLite file; NULL on PostgreSQL. */
const char *doctor_store_file(const struct doctor *doctor);
/* "12.3 MiB", in the arena. */
const char *doctor_size(struct doctor *doctor, int64_t bytes);

/* doctor_host.c: the machine and the folder */
void doctor_folder(struct doctor *doctor), doctor_key(struct doctor *doctor), doctor_socket(struct doctor *doctor),
	doctor_disk(struct doctor *doctor), doctor_clock(struct doctor *doctor),
	doctor_descriptors(struct doctor *doctor);
/* doctor_store.c: the store and who has it */
void doctor_server(struct doctor *doctor), doctor_engine(struct doctor *doctor), doctor_log(struct doctor *doctor),
	doctor_pages(struct doctor *doctor), doctor_migrations(struct doctor *doctor),
	doctor_newest(struct doctor *doctor), doctor_tools(struct doctor *doctor);
/* doctor_net.c: the world around */
void doctor_mail(struct doctor *doctor), doctor_sms(struct doctor *doctor), doctor_proxies(struct doctor *doctor),
	doctor_public_url(struct doctor *doctor), doctor_certificate(struct doctor *doctor);

/* What a running server tells the doctor. */
extern const struct action doctor_facts_action;

#endif
