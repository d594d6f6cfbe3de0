/*
 * Where a person can be reached, and when two spellings mean the same person.
 *
 * E-mail: a local part of atext and single dots (RFC 5322 dot-atom, <= 64), a domain of two or more labels by IDNA 2008
 * (RFC 5891, no mapping but ASCII case), <= 254 in all. Phone: E.164, "+" and 7-15 digits, the first 1-9. Nothing is
 * stripped or guessed.
 */
#ifndef KW_CORE_CONTACT_H
#define KW_CORE_CONTACT_H

#include "base/arena.h"

enum contact_kind { CONTACT_NONE, CONTACT_EMAIL, CONTACT_PHONE };

struct contact {
	enum contact_kind kind;
	struct text canonical; /* what identity compares: lower case, domain in A-labels */
	struct text spelling;  /* what messages go to: the local part as typed, domain in A-labels */
};

MUST_USE int contact_email(struct arena *arena, struct text t, struct contact *contact_r);
MUST_USE int contact_phone(struct arena *arena, struct text t, struct contact *contact_r);

/* For people who look over a shoulder: "m***@e***.org", "+91**********10". */
struct text contact_masked(struct arena *arena, const struct contact *contact);
/* What send budgets count: canonical, and for e-mail without "+tag". */
struct text contact_counted(struct arena *arena, const struct contact *contact);
/* "email" or "phone". */
const char *contact_kind_name(enum contact_kind kind);

#endif
