/*
 * Where the rows of endpoints.def and documents.def meet the rooms.
 */
#ifndef KW_MAIN_ENDPOINTS_H
#define KW_MAIN_ENDPOINTS_H

#include "core/house.h"

/* Makes the tables complete: enough to ask them. */
void endpoints_bind(void);
/* Starts the api with every action and document. house must live as long as the process. */
void endpoints_start(const struct house *house);

#endif
