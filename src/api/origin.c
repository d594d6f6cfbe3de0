#include "api/origin.h"

enum { PROXIES_MAX = 64 };

static struct {
	const struct house *house;
	struct ip_net proxies[PROXIES_MAX];
	size_t proxy_count;
} room;

void origin_start(const struct house *house)
{
	room.house = house;
	room.proxy_count = 0;
	struct text rest = text_of(house->settings->server_trusted_proxies);
	while (rest.n && room.proxy_count < PROXIES_MAX)
		if (ip_net_read(text_trim(text_cut(&rest, ',')), &room.proxies[room.proxy_count]) == 0)
			room.proxy_count++;
}

/* ---- client ---- */

static bool is_trusted(struct ip ip)
{
	for (size_t i = 0; i < room.proxy_count; i++)
		if (ip_in(ip, room.proxies[i]))
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

/* "name", "name:port", "[v6]:port" to the name, brackets removed */
static struct text host_name(struct text host)
{
	const char *end = host.n && host.p[0] == '[' ? memchr(host.p, ']', host.n) : NULL;
	if (end)
		return text_bytes(host.p + 1, (size_t)(end - host.p - 1));
	return text_cut(&host, ':');
}

static bool is_loopback_name(struct text name)
{
	struct ip ip;
	return text_equal_nocase(name, TEXT("localhost")) || (ip_read(name, &ip) == 0 && ip_is_loopback(ip));
}

bool origin_host_is_ours(struct text host)
{
	struct text name = host_name(host), rest = text_of(room.house->settings->server_hosts);
	if (name.n == 0)
		return false;
	if (is_loopback_name(name))
		return true;
	if (room.house->settings->dev)
		return false;
	if (text_equal_nocase(name, text_of(room.house->public_host)))
		return true;
	while (rest.n)
		if (text_equal_nocase(name, text_trim(text_cut(&rest, ','))))
			return true;
	return false;
}

bool origin_is_ours(struct text origin)
{
	return text_equal_nocase(origin, text_of(room.house->public_url));
}
