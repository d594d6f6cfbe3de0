#include "core/prune.h"

enum { PIECES_MAX = 12 };

struct piece {
	int (*remove)(struct db_tx *tx, int64_t before);
	int64_t before;
	int removed;
};

static enum db_verdict run(void *context, struct db_tx *tx)
{
	struct piece *piece = context;
	piece->removed = piece->remove(tx, piece->before);
	return piece->removed < 0 ? DB_UNDO : DB_KEEP;
}

void prune_pieces(struct db *db, int (*remove)(struct db_tx *tx, int64_t before), int64_t before)
{
	struct piece piece = {.remove = remove, .before = before, .removed = PRUNE_ROWS};
	for (int i = 0; i < PIECES_MAX && piece.removed >= PRUNE_ROWS; i++)
		if (db_run(db, run, &piece) != DB_COMMITTED)
			return;
}
