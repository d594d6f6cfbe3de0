#include "core/contact.h"

#include <ctype.h>
#include <idn2.h>

enum { EMAIL_MAX = 254, LOCAL_MAX = 64, PHONE_DIGITS_MIN = 7, PHONE_DIGITS_MAX = 15 };

static bool is_atext(char c)
{
	return isascii(c) && c && (isalnum((unsigned char)c) || strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* dot-atom: atext runs joined by single dots */
static bool is_local_part(struct text local)
{
	if (local.n == 0 || local.n > LOCAL_MAX)
		return false;
	char before = '.';
	for (size_t i = 0; i < local.n; before = local.p[i++])
		if (local.p[i] == '.' ? before == '.' : !is_atext(local.p[i]))
			return false;
	return before != '.';
}

/* letter-digit-hyphen labels, two at least, the last one not a number (it would be an address) */
static bool is_host_name(struct text domain)
{
	struct text rest = domain, label = TEXT_NONE;
	size_t labels = 0;
	while (!text_absent(rest)) {
		label = text_cut(&rest, '.');
		if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!isascii(label.p[i]) || !(isalnum((unsigned char)label.p[i]) || label.p[i] == '-'))
				return false;
		labels++;
	}
	return labels >= 2 && !isdigit((unsigned char)label.p[0]);
}

static struct text lower(struct arena *arena, struct text t)
{
	char *p = arena_alloc(arena, t.n + 1);
	for (size_t i = 0; i < t.n; i++)
		p[i] = isascii(t.p[i]) ? (char)tolower((unsigned char)t.p[i]) : t.p[i];
	return text_bytes(p, t.n);
}

static int domain_to_ascii(struct arena *arena, struct text domain, struct text *ascii_r)
{
	struct text folded = lower(arena, domain);
	if (memchr(folded.p, '\0', folded.n))
		return -1;
	char *ascii = NULL;
	/* no UTS 46 mapping: look-alikes such as full-width letters are refused, not folded into somebody's address */
	if (idn2_to_ascii_8z(folded.p, &ascii, IDN2_NO_TR46) != IDN2_OK)
		return -1;
	*ascii_r = arena_copy(arena, text_of(ascii));
	idn2_free(ascii);
	return 0;
}

int contact_email(struct arena *arena, struct text t, struct contact *contact_r)
{
	const char *at = memchr(t.p, '@', t.n);
	if (!at || t.n > EMAIL_MAX)
		return -1;
	struct text local = text_bytes(t.p, (size_t)(at - t.p));
	struct text domain = text_bytes(at + 1, t.n - local.n - 1);
	if (!is_local_part(local) || domain.n == 0)
		return -1;
	TRY(domain_to_ascii(arena, domain, &domain));
	if (!is_host_name(domain) || local.n + 1 + domain.n > EMAIL_MAX)
		return -1;
	struct text spelling = arena_printf(arena, "%.*s@%.*s", TEXT_ARG(local), TEXT_ARG(domain));
	*contact_r = (struct contact){CONTACT_EMAIL, lower(arena, spelling), spelling};
	return 0;
}

int contact_phone(struct arena *arena, struct text t, struct contact *contact_r)
{
	if (t.n < 1 + PHONE_DIGITS_MIN || t.n > 1 + PHONE_DIGITS_MAX || t.p[0] != '+' || t.p[1] == '0')
		return -1;
	for (size_t i = 1; i < t.n; i++)
		if (t.p[i] < '0' || t.p[i] > '9')
			return -1;
	struct text copy = arena_copy(arena, t);
	*contact_r = (struct contact){CONTACT_PHONE, copy, copy};
	return 0;
}

/* "m***" */
static struct text first_and_stars(struct arena *arena, struct text t)
{
	return arena_printf(arena, "%.*s***", t.n ? 1 : 0, t.p);
}

struct text contact_masked(struct arena *arena, const struct contact *contact)
{
	struct text t = contact->spelling;
	if (contact->kind == CONTACT_PHONE) {
		char *p = arena_alloc(arena, t.n + 1);
		memset(p, '*', t.n);
		memcpy(p, t.p, 3);
		memcpy(p + t.n - 2, t.p + t.n - 2, 2);
		return text_bytes(p, t.n);
	}
	struct text domain = t, local = text_cut(&domain, '@');
	const char *top = memrchr(domain.p, '.', domain.n);
	struct text masked_local = first_and_stars(arena, local), masked_domain = first_and_stars(arena, domain);
	return arena_printf(arena, "%.*s@%.*s%.*s", TEXT_ARG(masked_local), TEXT_ARG(masked_domain),
		(int)(domain.p + domain.n - top), top);
}

struct text contact_counted(struct arena *arena, const struct contact *contact)
{
	struct text t = contact->canonical;
	const char *plus = contact->kind == CONTACT_EMAIL ? memchr(t.p, '+', t.n) : NULL;
	const char *at = memchr(t.p, '@', t.n);
	if (!plus || plus == t.p || plus > at)
		return t;
	return arena_printf(arena, "%.*s%.*s", (int)(plus - t.p), t.p, (int)(t.p + t.n - at), at);
}

const char *contact_kind_name(enum contact_kind kind)
{
	return kind == CONTACT_PHONE ? "phone" : "email";
}
