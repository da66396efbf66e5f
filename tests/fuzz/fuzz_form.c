/* What was parsed, written and parsed again is the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/form.h"
#include "wire/json/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_same(const struct mp_form *a, const struct mp_form *b)
{
	require(a->count == b->count && a->count <= MP_MAX_ITEMS);
	for (size_t i = 0; i < a->count; i++) {
		require(strcmp(a->pairs[i].name, b->pairs[i].name) == 0);
		require(strcmp(a->pairs[i].value, b->pairs[i].value) == 0);
		require(mp_utf8_valid(a->pairs[i].value, strlen(a->pairs[i].value)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_form form = { 0 }, again = { 0 };
	struct mp_buf buf;

	if (mp_form_parse((const char *)data, len, &form, NULL) != MCPASS_OK)
		return 0;
	mp_buf_init(&buf, MP_MAX_FORM);
	for (size_t i = 0; i < form.count; i++)
		mp_form_add(&buf, form.pairs[i].name, form.pairs[i].value);
	if (mp_buf_check(&buf, "it", NULL) == MCPASS_OK) {
		require(mp_form_parse(mp_buf_text(&buf), buf.len, &again, NULL) == MCPASS_OK);
		check_same(&form, &again);
	}
	mp_form_free(&again);
	mp_form_free(&form);
	mp_buf_free(&buf);
	return 0;
}
