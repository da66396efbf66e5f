/* Messages of peers, as text: the scan and the parser agree on what is JSON, and the parts of
 * a message are where the parser finds them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "mcp/message.h"
#include "mcp/reason.h"
#include "wire/json/peek.h"
#include "wire/json/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static json_t *parse(struct mp_span text)
{
	json_t *json = NULL;

	(void)mp_json_parse_by(MP_JSON_MESSAGE, text.data, text.len, MP_MAX_DOCUMENT, "it", &json, NULL);
	return json;
}

static void compare(struct mp_span part, const json_t *whole, const char *name)
{
	json_t *json = part.data != NULL ? parse(part) : NULL;

	check((json == NULL) == (mp_json_get(whole, name) == NULL));
	check(json == NULL || json_equal(json, json_object_get(whole, name)));
	json_decref(json);
}

static void read_message(struct mp_span text, const json_t *json)
{
	struct mp_message m = { 0 };
	json_t *error;

	if (mp_message_read(text, "it", &m, NULL) != MCPASS_OK)
		return;
	check(json_is_object(json));
	compare(m.id, json, "id");
	compare(m.params, json, "params");
	compare(m.result, json, "result");
	check((m.error.data != NULL) == (m.kind == MP_RPC_ERROR));
	error = m.error.data != NULL ? parse(m.error) : NULL;
	check(error == NULL || json_is_integer(json_object_get(error, "code")));
	json_decref(error);
	check((m.method != NULL) == (m.kind == MP_RPC_REQUEST || m.kind == MP_RPC_NOTIFICATION));
	check((m.key.data != NULL) == (m.id.data != NULL));
	check(mp_message_same_key(m.key, m.key) == (m.key.data != NULL));
	mp_message_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_span text = { (const char *)data, len };
	struct mp_buf room = { 0 };
	char *reason = NULL;
	json_t *json;

	if (len > MP_MAX_DOCUMENT)
		return 0;
	check(mp_json_utf8(text, &room, &text, NULL) == MCPASS_OK);
	check(mp_utf8_valid(text.data, text.len));
	if (text.len > 2 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
		text.len = 0;           /* of two marks the parser would skip the other one */
	json = parse(text);
	check((json != NULL) == (mp_json_peek(text, "it", NULL, 0, NULL, NULL) == MCPASS_OK));
	if (json != NULL)
		read_message(text, json);
	check(mp_reason_read("text/plain", text, &reason, NULL) == MCPASS_OK);
	check(reason == NULL || reason[0] != '\0');
	free(reason);
	json_decref(json);
	mp_buf_free(&room);
	return 0;
}
