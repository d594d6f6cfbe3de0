/*
 * /openapi.json: OpenAPI 3.0.3 made from the tables.
 */
#ifndef KW_API_OPENAPI_H
#define KW_API_OPENAPI_H

#include "api/action.h"

void openapi_start(const char *public_url);
document_fn openapi_all_document;

#endif
