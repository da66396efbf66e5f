#include <string.h>
#include "ui/options.h"

/* Longer words are not compared: nothing here has such a name. */
#define MAX_WORD 63

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many letters must be added, dropped, changed or swapped with their neighbour. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][MAX_WORD + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3];
		const unsigned *second = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(row[j - 1] + 1, above[j] + 1,
			    above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], row[j], second[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

const char *mp_nearest(const char *word, const char *const *names, size_t count)
{
	size_t len = strlen(word);
	unsigned best = len < 4 ? 2 : (unsigned)len / 3 + 1;    /* one past what is near */
	const char *name = NULL;

	if (len == 0 || len > MAX_WORD)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		unsigned far;

		if (strlen(names[i]) > MAX_WORD)
			continue;
		far = distance(word, names[i]);
		/* What was begun and not finished is near, however much is missing. */
		if (len >= 3 && strncmp(word, names[i], len) == 0 && far > 1)
			far = 1;
		if (far < best) {
			best = far;
			name = names[i];
		}
	}
	return name;
}

bool mp_is_near(const char *word, const char *name, unsigned letters)
{
	return strlen(word) <= MAX_WORD && strlen(name) <= MAX_WORD && distance(word, name) <= letters;
}
