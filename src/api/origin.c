#include "api/origin.h"

static struct {
	const struct house *house;
} room;

void origin_start(const struct house *house)
{
	room.house = house;
}

/* ---- client ---- */

static bool is_trusted(struct ip ip)
{
	const struct settings *settings = settings_now();
	for (size_t i = 0; i < settings->proxy_count; i++)
		if (ip_in(ip, settings->proxies[i]))
			return true;
	return false;
}

/* Cuts the last entry off a comma list. */
static struct text cut_last(struct text *list)
{
	const char *comma = list->n ? memrchr(list->p, ',', list->n) : NULL;
	struct text last = comma ? text_bytes(comma + 1, (size_t)(list->p + list->n - comma - 1)) : *list;
	*list = comma ? text_bytes(list->p, (size_t)(comma - list->p)) : TEXT_NONE;
	return text_trim(last);
}

struct ip origin_client(const struct http_request *request)
{
	struct ip client = request->peer;
	for (size_t i = request->field_count; i > 0; i--) {
		const struct http_field *field = &request->fields[i - 1];
		if (!text_equal_nocase(field->name, TEXT("X-Forwarded-For")))
			continue;
		struct text list = field->value;
		while (!text_absent(list))
			if (!is_trusted(client) || ip_read(cut_last(&list), &client) != 0)
				return client;
	}
	return client;
}

/* ---- host ---- */

/* "name", "name:port", "[v6]", "[v6]:port" to the name, brackets removed; absent when it is none of these */
static struct text host_name(struct text host)
{
	struct text name = host;
	while (name.n && name.p[name.n - 1] >= '0' && name.p[name.n - 1] <= '9')
		name.n--;
	name.n = name.n && name.p[name.n - 1] == ':' ? name.n - 1 : host.n;
	if (name.n >= 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
		return text_bytes(name.p + 1, name.n - 2);
	return name.n && !memchr(name.p, ':', name.n) ? name : TEXT_NONE;
}

static bool is_loopback_name(struct text name)
{
	struct ip ip;
	return text_equal_nocase(name, TEXT("localhost")) || (ip_read(name, &ip) == 0 && ip_is_loopback(ip));
}

bool origin_host_is_ours(struct text host)
{
	struct text name = host_name(host), rest = text_of(settings_now()->server_hosts);
	if (text_absent(name))
		return false;
	if (is_loopback_name(name))
		return true;
	if (settings_now()->dev)
		return false;
	if (text_equal_nocase(name, host_name(text_of(room.house->public_host))))
		return true;
	while (rest.n)
		if (text_equal_nocase(name, host_name(text_trim(text_cut(&rest, ',')))))
			return true;
	return false;
}

bool origin_is_ours(struct text origin)
{
	return text_equal_nocase(origin, text_of(room.house->public_url));
}
