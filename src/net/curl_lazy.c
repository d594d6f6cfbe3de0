#include "net/curl_lazy.h"

#include <dlfcn.h>
#include <pthread.h>

/* 7.87.0 brought the youngest option we set, CURLOPT_QUICK_EXIT. */
#define OLDEST 0x075700

static struct curl_lazy functions;
static const char *why;

/* A symbol as the pointer it is; dlsym's void pointer is none by the letter of C. */
#define LOAD(name)                                                                                                     \
	*(void **)&functions.name = dlsym(library, "curl_" #name);                                                     \
	if (functions.name == NULL)                                                                                    \
		why = "libcurl is too old: it has no curl_" #name;

static void load(void)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		why = "libcurl.so.4 cannot be loaded (package libcurl4)";
		return;
	}
	CURL_LAZY_FUNCTIONS(LOAD)
	if (why == NULL && functions.version_info(CURLVERSION_NOW)->version_num < OLDEST)
		why = "libcurl is too old: version 7.87 or later is needed";
	if (why == NULL && functions.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		why = "libcurl cannot be initialised";
}

const struct curl_lazy *curl_lazy(const char **why_r)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, load);
	if (why == NULL)
		return &functions;
	*why_r = why;
	return NULL;
}
