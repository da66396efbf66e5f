/* The fixtures of the conformance suite: there when asked for, and only then. */
#include <string.h>
#include "base/text.h"
#include "echo/echo.h"
#include "harness/check.h"

#define NEW "2026-07-28"
#define CALL(method, params) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" params "}}"
#define META(capabilities) "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" NEW "\"," \
	"\"io.modelcontextprotocol/clientCapabilities\":{" capabilities "}}"
#define REGION(value) CALL("tools/call", META("") ",\"name\":\"test_mirrored_argument\"," \
	"\"arguments\":{" value "}")
#define TWICE "eu"                      /* this value is sent twice */
#define PROMPT "\"name\":\"test_prompt_with_arguments\",\"arguments\":"

static const struct row {
	const char *label;
	const char *method, *name, *region;     /* headers of 2026-07-28; method NULL: before it */
	const char *body;
	int status;
	const char *has;
} rows[] = {
	{ "the real ones are there", NULL, NULL, NULL, CALL("tools/list", ""), 200,
	    "{\"tools\":[{\"name\":\"echo\"" },
	{ "and a fixture", NULL, NULL, NULL, CALL("tools/list", ""), 200,
	    "\"name\":\"test_simple_text\"" },
	{ "a schema as it is", NULL, NULL, NULL, CALL("tools/list", ""), 200,
	    "\"$defs\":{\"address\":{\"$anchor\":\"addressDef\"" },
	{ "prompts", NULL, NULL, NULL, CALL("prompts/list", ""), 200, "\"name\":\"test_simple_prompt\"" },
	{ "resources", NULL, NULL, NULL, CALL("resources/list", ""), 200,
	    "\"uri\":\"test://static-text\"" },
	{ "templates", NULL, NULL, NULL, CALL("resources/templates/list", ""), 200,
	    "\"uriTemplate\":\"test://template/{id}/data\"" },
	{ "a cursor is refused all the same", NULL, NULL, NULL, CALL("tools/list", "\"cursor\":\"x\""),
	    200, "-32602" },
	{ "the echo still echoes", NULL, NULL, NULL, CALL("tools/call",
	    "\"name\":\"echo\",\"arguments\":{\"message\":\"hi\"}"), 200, "\"text\":\"hi\"" },
	{ "an unknown tool", NULL, NULL, NULL, CALL("tools/call", "\"name\":\"test_x\""), 200,
	    "Unknown tool: test_x" },
	{ "no name at all", NULL, NULL, NULL, CALL("tools/call", ""), 200, "-32602" },
	{ "a fixture of another method", NULL, NULL, NULL, CALL("prompts/get",
	    "\"name\":\"test_simple_text\""), 200, "Unknown prompt" },
	{ "a text", NULL, NULL, NULL, CALL("tools/call", "\"name\":\"test_simple_text\""), 200,
	    "{\"content\":[{\"type\":\"text\",\"text\":\"This is a simple text response for testing.\"}]}" },
	{ "an error of the tool", NULL, NULL, NULL, CALL("tools/call",
	    "\"name\":\"test_error_handling\""), 200, "\"isError\":true" },
	{ "JSON in a text stays", NULL, NULL, NULL, CALL("tools/call",
	    "\"name\":\"test_multiple_content_types\""), 200,
	    "\"text\":\"{\\\"test\\\":\\\"data\\\",\\\"value\\\":123}\"" },
	{ "arguments", NULL, NULL, NULL, CALL("prompts/get",
	    PROMPT "{\"arg1\":\"a\",\"arg2\":\"{arg1}\"}"), 200, "arg1='a', arg2='{arg1}'" },
	{ "an argument with a capital letter", NULL, NULL, NULL, CALL("prompts/get",
	    "\"name\":\"test_prompt_with_embedded_resource\",\"arguments\":{\"resourceUri\":\"test://x\"}"),
	    200, "{\"uri\":\"test://x\"" },
	{ "one that is missing", NULL, NULL, NULL, CALL("prompts/get", PROMPT "{\"arg1\":\"\"}"), 200,
	    "arg1='', arg2='{arg2}'" },
	{ "arguments that are none", NULL, NULL, NULL, CALL("prompts/get", PROMPT "[1]"), 200,
	    "arg1='{arg1}'" },
	{ "a template", NULL, NULL, NULL, CALL("resources/read",
	    "\"uri\":\"test://template/12/data\""), 200,
	    "{\"uri\":\"test://template/12/data\",\"mimeType\":\"application/json\",\"text\":"
	    "\"{\\\"id\\\":\\\"12\\\",\\\"templateTest\\\":true,\\\"data\\\":\\\"Data for ID: 12\\\"}\"}" },
	{ "a template without its value", NULL, NULL, NULL, CALL("resources/read",
	    "\"uri\":\"test://template//data\""), 200, "Resource not found" },
	{ "a template with another end", NULL, NULL, NULL, CALL("resources/read",
	    "\"uri\":\"test://template/12/date\""), 200, "Resource not found" },
	{ "a capability before 2026", NULL, NULL, NULL, CALL("tools/call",
	    "\"name\":\"test_missing_capability\""), 200, "The client can sample." },
	{ "a capability that is missing", "tools/call", "test_missing_capability", NULL,
	    CALL("tools/call", META("") ",\"name\":\"test_missing_capability\""), 400,
	    "\"code\":-32021,\"message\":\"The client has to declare sampling\",\"data\":"
	    "{\"requiredCapabilities\":{\"sampling\":{}}}" },
	{ "a capability that is declared", "tools/call", "test_missing_capability", NULL,
	    CALL("tools/call", META("\"sampling\":{}") ",\"name\":\"test_missing_capability\""), 200,
	    "The client can sample." },
	{ "it has the dress of its revision", "tools/call", "test_simple_text", NULL,
	    CALL("tools/call", META("") ",\"name\":\"test_simple_text\""), 200,
	    "\"resultType\":\"complete\"" },
	{ "a mirrored argument", "tools/call", "test_mirrored_argument", "de",
	    REGION("\"region\":\"de\""), 200, "The region is de." },
	{ "in base64", "tools/call", "test_mirrored_argument", "=?base64?ZXU=?=",
	    REGION("\"region\":\"eu\""), 200, "The region is eu." },
	{ "bad base64", "tools/call", "test_mirrored_argument", "=?base64?ZXU?=",
	    REGION("\"region\":\"eu\""), 400, "-32020" },
	{ "another value", "tools/call", "test_mirrored_argument", "us",
	    REGION("\"region\":\"eu\""), 400, "-32020" },
	{ "no header", "tools/call", "test_mirrored_argument", NULL, REGION("\"region\":\"eu\""), 400,
	    "-32020" },
	{ "no argument", "tools/call", "test_mirrored_argument", "de", REGION(""), 400, "-32020" },
	{ "no argument, bad base64", "tools/call", "test_mirrored_argument", "=?base64?ZXU?=",
	    REGION(""), 400, "-32020" },
	{ "no argument, two headers", "tools/call", "test_mirrored_argument", TWICE, REGION(""), 400,
	    "-32020" },
	{ "two headers", "tools/call", "test_mirrored_argument", TWICE,
	    REGION("\"region\":\"eu\""), 400, "-32020" },
	{ "neither", "tools/call", "test_mirrored_argument", NULL, REGION(""), 200, "{region}" },
	{ "no header before 2026", NULL, NULL, NULL, CALL("tools/call",
	    "\"name\":\"test_mirrored_argument\",\"arguments\":{\"region\":\"eu\"}"), 200, "is eu." },
};

static enum mcpass_rc answer(const struct row *row, bool fixtures,
    struct mp_http_response *response)
{
	const struct mp_echo_config config = { .fixtures = fixtures };
	struct mcpass_header headers[5];
	struct mp_http_request request = { .method = "POST", .path = "/mcp", .headers = headers,
		.body = row->body, .body_len = strlen(row->body) };
	size_t n = 0;

	headers[n++] = (struct mcpass_header){ "MCP-Protocol-Version",
		row->method != NULL ? NEW : "2025-11-25" };
	if (row->method != NULL)
		headers[n++] = (struct mcpass_header){ "Mcp-Method", row->method };
	if (row->name != NULL)
		headers[n++] = (struct mcpass_header){ "Mcp-Name", row->name };
	if (row->region != NULL)
		headers[n++] = (struct mcpass_header){ "Mcp-Param-Region", row->region };
	if (mp_eq(row->region, TWICE))
		headers[n++] = (struct mcpass_header){ "mcp-param-region", row->region };
	request.header_count = n;
	return mp_echo_answer(&config, &request, NULL, response, NULL);
}

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_http_response response = { 0 };

		CHECK_EQ(rows[i].label, answer(&rows[i], true, &response), MCPASS_OK);
		CHECK_EQ(rows[i].label, response.status, rows[i].status);
		CHECK_HAS(rows[i].label, mp_buf_text(&response.body), rows[i].has);
		mp_http_response_free(&response);
	}
}

/* Nobody who did not ask for them sees one. */
static void test_absent(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_http_response response = { 0 };
		const char *text;

		CHECK_EQ(rows[i].label, answer(&rows[i], false, &response), MCPASS_OK);
		text = mp_buf_text(&response.body);
		CHECK(rows[i].label, strstr(text, "\"test_") == NULL
		    && strstr(text, "\"uriTemplate\"") == NULL && strstr(text, "\"contents\"") == NULL);
		mp_http_response_free(&response);
	}
}

static void test_memory(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		OOM_EACH {
			struct mp_http_response response = { 0 };
			enum mcpass_rc rc;

			rc = answer(&rows[i], true, &response);
			CHECK_OOM(rows[i].label, rc, MCPASS_OK);
			mp_http_response_free(&response);
		}
}

int main(void)
{
	test_rows();
	test_absent();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
