/*
 * The error reference: /reference/errors and a page per code, HTML or (on Accept) JSON. The prose is docs/errors/, the
 * heads are errors.def.
 */
#ifndef KW_API_REFERENCE_H
#define KW_API_REFERENCE_H

#include "api/action.h"

void reference_start(const char *public_url);
document_fn reference_index_document, reference_page_document;

#endif
