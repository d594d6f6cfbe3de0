#include "db/pq.h"

#include <dlfcn.h>
#include <pthread.h>

struct pq pq;

struct symbol {
	const char *name;
	void **function;
};

static const char *why; /* it cannot be used; NULL: it can */

static void load(void)
{
#define PQ_SYMBOL(name) {"PQ" #name, (void **)&pq.name},
	static const struct symbol symbols[] = {PQ_FUNCTIONS(PQ_SYMBOL)};
#undef PQ_SYMBOL
	void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		why = "store.url names PostgreSQL, but libpq.so.5 is not installed (Debian: apt install libpq5)";
		return;
	}
	for (size_t i = 0; i < COUNT(symbols); i++) {
		*symbols[i].function = dlsym(library, symbols[i].name);
		if (!*symbols[i].function)
			why = "libpq.so.5 is older than version 14, which keywright needs";
	}
}

int pq_load(const char **why_r)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (!why)
		return 0;
	*why_r = why;
	return -1;
}
