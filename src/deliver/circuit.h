/*
 * When to try again: growing pauses for one message, and a circuit that spares a provider which fails again and again.
 * Pure.
 */
#ifndef KW_DELIVER_CIRCUIT_H
#define KW_DELIVER_CIRCUIT_H

#include "base/def.h"

/* After an outage a message is to arrive within five seconds; one message that a healthy provider puts off may wait. */
enum { PAUSE_OUTAGE_MS = 3000, PAUSE_PUT_OFF_MS = 30000 };

/* The pause after so many fruitless tries (from 1): 1 s, doubled each time up to longest_ms, up to a quarter less by
 * chance (0 to 255), and at least asked_s, what the other side asked for, though never over 30 s. */
int64_t pause_ms(int64_t tries, int64_t longest_ms, uint8_t chance, int64_t asked_s);

/* Zero is closed. Times are clock_steady(). */
struct circuit {
	unsigned failures; /* of the provider, one after the other */
	int64_t shut_until;
	bool probing; /* shut, and one message is out to see whether it works again */
};
enum { CIRCUIT_FAILURES = 5 };

/* Whether a message may go now. While the circuit is shut that is one at a time, after a pause. */
bool circuit_admits(const struct circuit *circuit, int64_t now);
/* A message is going. */
void circuit_departs(struct circuit *circuit);
/* The provider worked, or is at fault. Each returns whether the circuit opened or shut by it. */
bool circuit_succeeded(struct circuit *circuit);
bool circuit_failed(struct circuit *circuit, int64_t now, uint8_t chance, int64_t asked_s);
/* The message came back without having reached the provider. */
void circuit_returns(struct circuit *circuit);

#endif
