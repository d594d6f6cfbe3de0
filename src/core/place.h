/*
 * Where an address is, for people: a town, if the operator gave a MaxMind database (page.geoip), else the address itself.
 */
#ifndef KW_CORE_PLACE_H
#define KW_CORE_PLACE_H

#include "base/arena.h"
#include "base/ip.h"

/* file: a MaxMind DB of cities (MaxMind DB file format 2.0), or "": addresses alone. Called again, it takes the place of the
 * one before, which is retired (base/retire.h). Fails with a sentence, and leaves what there was. */
MUST_USE int place_start(const char *file, const char **why_r);
void place_stop(void);
/* "Weimar, Germany", in that language where the database has it ("en", "de"), else in English; or "203.0.113.7". In the
 * arena. From any thread. */
struct text place_of(struct arena *arena, struct ip ip, struct text language);

#endif
