/* JSON as it was written. */
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "session/state.h"

static const struct {
	const char *label, *text, *want;        /* of the member "result"; NULL: none */
} rows[] = {
	{ "alone", "{\"result\":{}}", "{}" },
	{ "last", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":[1,2]}}", "{\"a\":[1,2]}" },
	{ "first", " { \"result\" : { \"a\" : 1 } , \"id\" : 1 } ", "{\"a\":1}" },
	{ "line ends go", "{\"result\":{\r\n\t\"a\": 1,\n\"b\" :\n2}}", "{\"a\":1,\"b\":2}" },
	{ "white space in text stays", "{\"result\":{\"a b\":\" c  d \"}}", "{\"a b\":\" c  d \"}" },
	{ "numbers stay as they are", "{\"result\":{\"a\":0.1,\"b\":1e-7,\"c\":12345678901234567890123,\"d\":1.0}}",
	    "{\"a\":0.1,\"b\":1e-7,\"c\":12345678901234567890123,\"d\":1.0}" },
	{ "escapes stay as they are", "{\"result\":{\"\\u0061\":\"\\\"}, \\\\\"}}", "{\"\\u0061\":\"\\\"}, \\\\\"}" },
	{ "brackets in text", "{\"a\":\"}\",\"result\":{\"b\":\"]{\"},\"c\":1}", "{\"b\":\"]{\"}" },
	{ "deeper down does not count", "{\"a\":{\"result\":1},\"b\":[{\"result\":2}],\"result\":{}}", "{}" },
	{ "as text does not count", "{\"a\":\"result\",\"result\":{}}", "{}" },
	{ "a longer name", "{\"results\":1,\"resul\":2,\"result\":{}}", "{}" },
	{ "absent", "{\"a\":1}", NULL },
	{ "written with escapes", "{\"resul\\u0074\":{}}", NULL },
	{ "an empty object", "{}", NULL },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_span text = { rows[i].text, strlen(rows[i].text) };
		struct mp_span raw = mp_raw_member(text, "result");
		char *compact = NULL;

		CHECK(rows[i].label, (raw.data == NULL) == (rows[i].want == NULL));
		if (raw.data != NULL)
			CHECK_EQ(rows[i].label, mp_raw_compact(raw, &compact, NULL), MCPASS_OK);
		CHECK_STR(rows[i].label, compact, rows[i].want);
		free(compact);
	}
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
