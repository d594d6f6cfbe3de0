#include "deliver/circuit.h"

enum { FIRST_MS = 1000, ASKED_MAX_MS = 30000 };

int64_t pause_ms(int64_t tries, int64_t longest_ms, uint8_t chance, int64_t asked_s)
{
	int64_t pause = FIRST_MS;
	for (int64_t i = 1; i < tries && pause < longest_ms; i++)
		pause *= 2;
	if (pause > longest_ms)
		pause = longest_ms;
	pause -= pause / 4 * chance / 255;
	const int64_t asked = asked_s > ASKED_MAX_MS / 1000 ? ASKED_MAX_MS : asked_s * 1000;
	return asked > pause ? asked : pause;
}

static bool is_shut(const struct circuit *circuit)
{
	return circuit->failures >= CIRCUIT_FAILURES;
}

bool circuit_admits(const struct circuit *circuit, int64_t now)
{
	return !is_shut(circuit) || (!circuit->probing && now >= circuit->shut_until);
}

void circuit_departs(struct circuit *circuit)
{
	circuit->probing = is_shut(circuit);
}

void circuit_returns(struct circuit *circuit)
{
	circuit->probing = false;
}

bool circuit_succeeded(struct circuit *circuit)
{
	const bool was_shut = is_shut(circuit);
	*circuit = (struct circuit){0};
	return was_shut;
}

bool circuit_failed(struct circuit *circuit, int64_t now, uint8_t chance, int64_t asked_s)
{
	const bool was_shut = is_shut(circuit);
	circuit->failures++;
	circuit->probing = false;
	if (is_shut(circuit))
		circuit->shut_until =
			now + pause_ms(circuit->failures - CIRCUIT_FAILURES + 1, PAUSE_OUTAGE_MS, chance, asked_s);
	return !was_shut && is_shut(circuit);
}
