/* Each line is a WWW-Authenticate header; what was parsed, written and parsed again is
 * the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void write_challenge(struct mp_buf *buf, const struct mp_challenge *challenge)
{
	if (buf->len > 0)
		mp_buf_adds(buf, ", ");
	mp_buf_adds(buf, challenge->scheme);
	mp_buf_addc(buf, ' ');
	if (challenge->token68 != NULL)
		mp_buf_adds(buf, challenge->token68);
	for (size_t i = 0; i < challenge->count; i++)
		mp_challenge_add(buf, challenge->params[i].name, challenge->params[i].value);
}

static void check_same(const struct mp_challenges *a, const struct mp_challenges *b)
{
	require(a->count == b->count && a->count <= MP_MAX_ITEMS);
	for (size_t i = 0; i < a->count; i++) {
		const struct mp_challenge *x = &a->items[i], *y = &b->items[i];

		require(strcmp(x->scheme, y->scheme) == 0 && mp_eq(x->token68, y->token68));
		require(x->count == y->count && x->count <= MP_MAX_ITEMS);
		for (size_t p = 0; p < x->count; p++) {
			require(strcmp(x->params[p].name, y->params[p].name) == 0);
			require(strcmp(x->params[p].value, y->params[p].value) == 0);
			require(mp_challenge_get(x, y->params[p].name) == x->params[p].value);
		}
	}
}

static void check_list(const struct mp_challenges *list)
{
	struct mp_challenges again = { 0 };
	struct mcpass_header header;
	struct mp_buf buf;

	mp_buf_init(&buf, 1u << 20);
	for (size_t i = 0; i < list->count; i++)
		write_challenge(&buf, &list->items[i]);
	/* A tab may be read but is not written. */
	if (mp_buf_check(&buf, "it", NULL) == MCPASS_OK) {
		header = (struct mcpass_header){ "WWW-Authenticate", mp_buf_text(&buf) };
		require(mp_challenges_parse(&header, 1, &again, NULL) == MCPASS_OK);
		check_same(list, &again);
	}
	mp_challenges_free(&again);
	mp_buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mcpass_header headers[8];
	struct mp_challenges list = { 0 };
	char *text = malloc(len + 1), *line = text;
	size_t count = 0;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	while (line != NULL && count < sizeof(headers) / sizeof(headers[0])) {
		headers[count++] = (struct mcpass_header){ "WWW-Authenticate", line };
		line = strchr(line, '\n');
		if (line != NULL)
			*line++ = '\0';
	}
	if (mp_challenges_parse(headers, count, &list, NULL) == MCPASS_OK)
		check_list(&list);
	mp_challenges_free(&list);
	free(text);
	return 0;
}
