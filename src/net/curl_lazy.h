/*
 * libcurl, loaded when first used: who sends nothing does not pay for it. Only net/ includes curl's header.
 */
#ifndef KW_NET_CURL_LAZY_H
#define KW_NET_CURL_LAZY_H

#include <curl/curl.h>

#include "base/def.h"

/* Every function of libcurl that is called: curl->easy_init() is curl_easy_init(). */
#define CURL_LAZY_FUNCTIONS(X)                                                                                         \
	X(global_init)                                                                                                 \
	X(version_info)                                                                                                \
	X(easy_init)                                                                                                   \
	X(easy_cleanup)                                                                                                \
	X(easy_setopt)                                                                                                 \
	X(easy_getinfo)                                                                                                \
	X(easy_strerror)                                                                                               \
	X(easy_send)                                                                                                   \
	X(easy_recv)                                                                                                   \
	X(multi_init)                                                                                                  \
	X(multi_cleanup)                                                                                               \
	X(multi_setopt)                                                                                                \
	X(multi_add_handle)                                                                                            \
	X(multi_remove_handle)                                                                                         \
	X(multi_perform)                                                                                               \
	X(multi_poll)                                                                                                  \
	X(multi_wakeup)                                                                                                \
	X(multi_info_read)                                                                                             \
	X(slist_append)                                                                                                \
	X(slist_free_all)                                                                                              \
	X(url)                                                                                                         \
	X(url_set)                                                                                                     \
	X(url_get)                                                                                                     \
	X(url_cleanup)                                                                                                 \
	X(free)

struct curl_lazy {
#define MEMBER(name) __typeof__(&curl_##name) name;
	CURL_LAZY_FUNCTIONS(MEMBER)
#undef MEMBER
};

/* The functions, the same for every caller and every thread; NULL when libcurl is missing or too old, *why_r (static)
 * then says so. Never unloaded. */
const struct curl_lazy *curl_lazy(const char **why_r);

#endif
