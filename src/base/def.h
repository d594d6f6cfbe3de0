/*
 * Words every floor uses: what the compiler should check for us.
 *
 * The house rule of failure, unless a header says otherwise: a function that can fail returns an int (or enum err)
 * that is 0 when it did what it says and nonzero when it could not; its out-parameters are then untouched.
 */
#ifndef KW_BASE_DEF_H
#define KW_BASE_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* Runs fn(&variable) when the variable's scope ends: only for what an arena cannot undo. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Leaves the function with the failure of call, if it failed. */
#define TRY(call)                                                                                                      \
	do {                                                                                                           \
		const int try_result_ = (int)(call);                                                                   \
		if (try_result_ != 0)                                                                                  \
			return try_result_;                                                                            \
	} while (0)

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define CONTAINER(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* A broken promise of our own: logs where, then abort(). Never for anything the outside world can cause. */
#define MUST(condition) ((condition) ? (void)0 : def_broken(#condition, __FILE__, __LINE__))
NORETURN void def_broken(const char *what, const char *file, int line);

#endif
