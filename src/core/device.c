#include "core/device.h"

enum { LOOKED_AT = 512 }; /* bytes of a user agent; what matters stands at the front */

/* The first row whose mark stands in the user agent names it: browsers claim to be those they descend from. */
struct mark {
	const char *mark;
	struct text name;
};
#define NAMED(name)                                                                                                    \
	{                                                                                                              \
		name, sizeof(name) - 1                                                                                 \
	}

static const struct mark BROWSERS[] = {
	{"Edg/", NAMED("Edge")},
	{"EdgA/", NAMED("Edge")},
	{"EdgiOS/", NAMED("Edge")},
	{"Edge/", NAMED("Edge")},
	{"OPR/", NAMED("Opera")},
	{"OPT/", NAMED("Opera")},
	{"OPX/", NAMED("Opera")},
	{"Opera/", NAMED("Opera")},
	{"SamsungBrowser/", NAMED("Samsung Internet")},
	{"Firefox/", NAMED("Firefox")},
	{"FxiOS/", NAMED("Firefox")},
	{"CriOS/", NAMED("Chrome")},
	{"Chromium/", NAMED("Chrome")},
	{"Chrome/", NAMED("Chrome")},
	{"Safari/", NAMED("Safari")},
};

static const struct mark SYSTEMS[] = {
	{"Windows Phone", NAMED("Windows Phone")},
	{"Windows", NAMED("Windows")},
	{"iPhone", NAMED("iPhone")},
	{"iPad", NAMED("iPad")},
	{"Macintosh", NAMED("macOS")},
	{"Android", NAMED("Android")},
	{"CrOS", NAMED("ChromeOS")},
	{"Linux", NAMED("Linux")},
};

/* Programs that are no browsers, by what their user agent begins with. */
static const struct mark PROGRAMS[] = {
	{"curl/", NAMED("curl")},
	{"Wget/", NAMED("Wget")},
	{"HTTPie/", NAMED("HTTPie")},
	{"PostmanRuntime/", NAMED("Postman")},
	{"insomnia/", NAMED("Insomnia")},
	{"python-requests/", NAMED("Python")},
	{"python-httpx/", NAMED("Python")},
	{"Python-urllib/", NAMED("Python")},
	{"Go-http-client/", NAMED("Go")},
	{"okhttp/", NAMED("okhttp")},
	{"Java/", NAMED("Java")},
	{"node", NAMED("Node.js")},
	{"Dart/", NAMED("Dart")},
};

static struct text find(struct text user_agent, const struct mark *marks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (memmem(user_agent.p, user_agent.n, marks[i].mark, strlen(marks[i].mark)))
			return marks[i].name;
	return TEXT_NONE;
}

static struct text find_program(struct text user_agent)
{
	for (size_t i = 0; i < COUNT(PROGRAMS); i++)
		if (text_starts(user_agent, text_of(PROGRAMS[i].mark)))
			return PROGRAMS[i].name;
	return TEXT_NONE;
}

struct device device_of(struct text user_agent)
{
	struct device device = {TEXT_NONE, TEXT_NONE};
	if (user_agent.n == 0)
		return device;
	if (user_agent.n > LOOKED_AT)
		user_agent.n = LOOKED_AT;
	device.browser = find(user_agent, BROWSERS, COUNT(BROWSERS));
	if (text_absent(device.browser))
		device.browser = find_program(user_agent);
	device.system = find(user_agent, SYSTEMS, COUNT(SYSTEMS));
	return device;
}
