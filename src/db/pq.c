#include "db/pq.h"

#include <dlfcn.h>

struct pq pq;

struct symbol {
	const char *name;
	void **function;
};

int pq_load(const char **why_r)
{
#define PQ_SYMBOL(name) {"PQ" #name, (void **)&pq.name},
	static const struct symbol symbols[] = {PQ_FUNCTIONS(PQ_SYMBOL)};
#undef PQ_SYMBOL
	void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		*why_r = "store.url names PostgreSQL, but libpq.so.5 is not installed (Debian: apt install libpq5)";
		return -1;
	}
	for (size_t i = 0; i < COUNT(symbols); i++) {
		*symbols[i].function = dlsym(library, symbols[i].name);
		if (!*symbols[i].function) {
			*why_r = "libpq.so.5 is older than version 14, which keywright needs";
			return -1;
		}
	}
	return 0;
}
