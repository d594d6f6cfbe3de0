/*
 * E-mail addresses and phone numbers. Whatever is taken is one plain address: what is kept of it is taken again, unchanged,
 * and holds nothing that a mail server or a log could read as something else.
 */
#include "core/contact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_email(struct arena *arena, struct text typed)
{
	struct contact contact, again;
	if (contact_email(arena, typed, &contact) != 0)
		return;
	struct text domain = contact.spelling, local = text_cut(&domain, '@');
	MUST(contact.kind == CONTACT_EMAIL && contact.spelling.n <= 254 && local.n >= 1 && local.n <= 64);
	MUST(text_is_printable(contact.spelling) && !memchr(contact.spelling.p, ' ', contact.spelling.n));
	MUST(!memchr(domain.p, '@', domain.n) && memchr(domain.p, '.', domain.n));
	MUST(text_equal_nocase(contact.spelling, contact.canonical));
	/* the local part is what was typed: nothing is folded into somebody else's */
	MUST(typed.n > local.n && text_equal(local, text_bytes(typed.p, local.n)));
	MUST(contact_email(arena, contact.canonical, &again) == 0 && text_equal(again.canonical, contact.canonical));
	/* what is counted is a mailbox of the same domain, not longer */
	struct text counted = contact_counted(arena, &contact);
	MUST(counted.n > domain.n && counted.n <= contact.canonical.n);
	MUST(text_equal_nocase(text_bytes(counted.p + counted.n - domain.n, domain.n), domain));
	MUST(!text_absent(contact_masked(arena, &contact)));
}

static void check_phone(struct arena *arena, struct text typed)
{
	struct contact contact;
	if (contact_phone(arena, typed, &contact) != 0)
		return;
	MUST(contact.kind == CONTACT_PHONE && text_equal(contact.canonical, typed) && typed.n >= 8 && typed.n <= 16);
	MUST(contact_masked(arena, &contact).n == typed.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text typed = arena_copy(arena, text_bytes(data, size));
	check_email(arena, typed);
	check_phone(arena, typed);
	arena_free(arena);
	return 0;
}
