#include "app/redirect.h"

#include <ctype.h>

#include "base/ip.h"
#include "base/num.h"

/* Printable ASCII without what RFC 3986 leaves out, without ' which ends attributes, and without the fragment's #. */
static bool is_plain(struct text uri)
{
	for (size_t i = 0; i < uri.n; i++) {
		char c = uri.p[i];
		if (c <= ' ' || c > '~' || strchr("\"'#<>\\^`{|}", c))
			return false;
		if (c == '%' && (uri.n - i < 3 || !isxdigit((unsigned char)uri.p[i + 1]) ||
					!isxdigit((unsigned char)uri.p[i + 2])))
			return false;
	}
	return true;
}

/* In lower case, of two letters and more: "c:" is a drive. */
static bool is_scheme(struct text scheme)
{
	if (scheme.n < 2 || !islower((unsigned char)scheme.p[0]))
		return false;
	for (size_t i = 0; i < scheme.n; i++) {
		unsigned char c = (unsigned char)scheme.p[i];
		if (!islower(c) && !isdigit(c) && c != '+' && c != '-' && c != '.')
			return false;
	}
	return true;
}

/* What browsers and systems do something of their own with. */
static bool is_taken(struct text scheme)
{
	static const char *const TAKEN[] = {"about", "blob", "chrome", "chrome-extension", "content", "data",
		"filesystem", "file", "ftp", "intent", "jar", "javascript", "mailto", "moz-extension", "ms-settings",
		"resource", "sms", "tel", "vbscript", "view-source", "ws", "wss"};
	for (size_t i = 0; i < COUNT(TAKEN); i++)
		if (text_equal(scheme, text_of(TAKEN[i])))
			return true;
	return false;
}

static bool is_host_name(struct text host)
{
	for (size_t i = 0; i < host.n; i++)
		if (!isalnum((unsigned char)host.p[i]) && host.p[i] != '.' && host.p[i] != '-')
			return false;
	return host.n && host.p[0] != '.' && host.p[0] != '-';
}

static bool is_port(struct text port)
{
	int64_t number;
	return text_absent(port) || num_read(port, 1, 65535, &number) == 0;
}

static bool is_v6_authority(struct text authority, bool loopback)
{
	struct text rest = text_bytes(authority.p + 1, authority.n - 1), host = text_cut(&rest, ']');
	struct ip ip;
	if (text_absent(rest) || !memchr(host.p, ':', host.n) || ip_read(host, &ip) != 0)
		return false;
	struct text port = rest.n ? text_bytes(rest.p + 1, rest.n - 1) : TEXT_NONE;
	return (!rest.n || rest.p[0] == ':') && is_port(port) && (!loopback || ip_is_loopback(ip));
}

/* host[:port] or [v6][:port]; loopback: only what stays on this machine. */
static bool is_authority(struct text authority, bool loopback)
{
	struct text port = authority;
	struct ip ip;
	if (authority.n && authority.p[0] == '[')
		return is_v6_authority(authority, loopback);
	if (!authority.n)
		return false;
	struct text host = text_cut(&port, ':');
	if (!is_host_name(host) || !is_port(port))
		return false;
	return !loopback || text_equal(host, TEXT("localhost")) || (ip_read(host, &ip) == 0 && ip_is_loopback(ip));
}

/* What stands between "//" and the path; absent when there is no "//". */
static struct text authority_of(struct text rest)
{
	if (!text_starts(rest, TEXT("//")))
		return TEXT_NONE;
	size_t n = 2;
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	return text_bytes(rest.p + 2, n - 2);
}

bool redirect_is_good(struct text uri)
{
	if (uri.n > REDIRECT_MAX || !is_plain(uri))
		return false;
	struct text rest = uri, scheme = text_cut(&rest, ':');
	if (text_absent(rest) || !is_scheme(scheme) || is_taken(scheme))
		return false;
	struct text authority = authority_of(rest);
	if (text_equal(scheme, TEXT("https")))
		return is_authority(authority, false);
	if (text_equal(scheme, TEXT("http")))
		return is_authority(authority, true);
	/* myapp://cb or com.example.app:/cb: a path from the root, so that nothing is taken for a word to act on */
	return text_starts(rest, TEXT("/")) && (!authority.n || !memchr(authority.p, '@', authority.n));
}
