/*
 * What SIGHUP asks for: settings, templates and words, the database of places and the certificate are read again, each for
 * itself. What is broken is named in the log with its file and key or line, and what there was goes on in its place. A
 * changed setting that takes a restart is named and waits for one. The main thread alone.
 */
#ifndef KW_MAIN_RELOAD_H
#define KW_MAIN_RELOAD_H

#include "main/boot.h"

struct server;

/* options: those of the start, whose flags still win over the file. */
void reload(const struct boot_options *options, struct server *server);

struct reload_stats {
	uint64_t reloads, refused; /* refused: something was broken and not taken */
	bool kept_old;             /* by the latest */
	unsigned waiting;          /* settings that wait for a restart */
};
/* From any thread. */
struct reload_stats reload_stats(void);

#endif
